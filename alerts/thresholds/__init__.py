"""From a budget of false alarms a week to a threshold."""
