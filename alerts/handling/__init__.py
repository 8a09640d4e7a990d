"""People's actions on alerts, silences, the decision to suppress, and the audit log."""
