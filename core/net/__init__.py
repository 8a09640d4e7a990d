"""Which network addresses requests may go to."""
