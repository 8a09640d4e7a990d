"""Rules: their file's schema, validation with file and line, and the frozen rules that a desk runs."""
