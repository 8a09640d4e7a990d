"""The roof: the whole path on one page (pipeline.py), the command line, the local run."""
