"""Live sources: when each is polled, what it yields, what is handed to the broker."""
