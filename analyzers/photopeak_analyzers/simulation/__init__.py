"""Phantoms with a known answer: acquisitions for tests, the demonstration and the documentation."""
