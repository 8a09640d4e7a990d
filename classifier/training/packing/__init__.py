"""From trained weights to the shipped file: heads, n-grams, calibration, signature."""
