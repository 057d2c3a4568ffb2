"""Routing: what a series is, decided from its header, its names and its pixels, and why."""
