"""What of a text the encoder reads: normal form, passages, clauses, word pieces."""
