"""Publish times, as publishers write them."""
