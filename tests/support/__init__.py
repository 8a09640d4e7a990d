"""What tests lean on: real servers of their own (brokers, PostgreSQL, SMTP), and builders of records."""
