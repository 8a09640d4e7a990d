"""Delivery: the outbox to people and machines. One file a channel; docs/delivery.md says what each promises."""
