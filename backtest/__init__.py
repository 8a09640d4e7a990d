"""The same steps over a dump: what would have fired, and whether it is what did fire."""
