"""Fetching, politely and guarded, and reading pages."""
