"""Readers of dumps: files of rows, with columns that mean the fields of an article."""
