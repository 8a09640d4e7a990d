"""The commands of the alerts room, mounted by newsquake/cli.py."""
