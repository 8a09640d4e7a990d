"""Where news comes from: one file per kind behind one small protocol (base.Source)."""
