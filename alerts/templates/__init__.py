"""The files that `newsquake init` writes."""
