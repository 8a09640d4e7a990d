"""Where news is read from: a folder for each kind of source behind one contract, and their registry."""
