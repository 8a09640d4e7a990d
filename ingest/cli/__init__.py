"""The commands `newsquake sources ...` and `newsquake dlq ...`."""
