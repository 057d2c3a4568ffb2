"""Limits and verdicts: what a measurement is compared with, and what follows. Pure; no SQL."""
