"""The kinds of channel, a folder each, and the registry that the rest of the project knows them by."""
