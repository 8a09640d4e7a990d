"""POST /v1/articles: articles that other systems push over HTTP."""
