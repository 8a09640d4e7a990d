"""What an alert was decided from, and the words it is shown in."""
