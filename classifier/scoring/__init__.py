"""From texts to scores: batches, encoder, heads, calibration."""
