"""The desk and its store: one transaction a batch, under one lease."""
