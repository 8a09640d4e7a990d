"""Delivery: from the outbox to the channels, at least once; each kind of channel is a folder of channels/."""

from alerts.delivery.enqueue import enqueue_changes

__all__ = ["enqueue_changes"]
