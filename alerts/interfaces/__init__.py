"""What people and programs use: the HTTP API, lists, exports and commands."""
