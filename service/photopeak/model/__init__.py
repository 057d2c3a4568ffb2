"""Frozen values that travel between the stations; no behaviour beyond their own validity."""
