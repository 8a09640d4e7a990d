"""Interpreter and memory of a process: garbage collection, huge pages, compiled modules, crash points."""
