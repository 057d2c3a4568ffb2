"""Trends: what the numbers of a device show over time, before a limit is reached."""
