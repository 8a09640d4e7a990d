"""Training of the model: data sets, splits, weak rules, the loop. Needs the extra `train` (torch)."""
