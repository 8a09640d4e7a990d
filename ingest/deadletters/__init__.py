"""Dead letters, shown and tried again."""
