"""The network and its weights: packed file, CPU graph, torch model."""
