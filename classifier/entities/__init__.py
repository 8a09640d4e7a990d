"""Which companies a text names: lists, rules for everyday words, and the linker."""
