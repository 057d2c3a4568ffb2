"""Tests of instruments that send no images, one module per test."""
