"""Planar and detector tests of the gamma camera, one module per test."""
