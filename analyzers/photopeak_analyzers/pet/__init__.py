"""Tests of positron emission tomography, one module per test."""
