"""What all packages share: records, settings, errors, bus, store, clock, metrics. Imports none of them."""
