"""Delivery: from the outbox to the channels, at least once; each kind of channel is a folder of channels/."""
