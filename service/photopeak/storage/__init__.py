"""Rows and transactions: the only place that speaks SQL."""
