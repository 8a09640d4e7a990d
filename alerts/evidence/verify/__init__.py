"""Deriving an alert again from its evidence pack."""
