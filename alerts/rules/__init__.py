"""What rules may say, and whether what they say can work."""
