"""The life of an alert, and which alerts are one incident."""
