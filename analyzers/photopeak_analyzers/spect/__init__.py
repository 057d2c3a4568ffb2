"""Tests of tomography with a gamma camera, one module per test."""
