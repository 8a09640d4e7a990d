"""The evidence pack of an alert, and the sentences and names in which it is shown."""
