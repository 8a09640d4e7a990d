"""What people do with alerts, and the audit log of it."""
