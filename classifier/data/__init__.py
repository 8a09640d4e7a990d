"""The labelled sets, their splits and what is drawn from them."""
