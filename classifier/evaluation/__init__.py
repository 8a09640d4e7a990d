"""How good the model is: metrics, reports, plots. Splits are those of training/corpus.py."""
