"""The ground: records, settings, errors, the bus, the store, clock, metrics. Imports no room."""
