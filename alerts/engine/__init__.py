"""The pure state machine: scored articles in, panes, findings and alerts out."""
