"""The running classifier: articles from `news.raw` scored onto `news.scored`, and a challenger compared in shadow."""
