"""The HTTP API for alerts; newsquake/server.py mounts `alerts_router`."""

from alerts.interfaces.api.router import alerts_router

__all__ = ["alerts_router"]
