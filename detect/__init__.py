"""`newsquake detect`: anomalies in any series of times and values. Imports nothing of alerts."""
