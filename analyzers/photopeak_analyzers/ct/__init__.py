"""Tests of computed tomography as a part of hybrid scanners, one module per test."""
