"""Frames become charts. No state, no queries, no session: what is drawn follows from the arguments."""
