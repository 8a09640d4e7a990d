"""Bytes to clean text."""
