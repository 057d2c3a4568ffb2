"""A demonstration: a fresh service, simulated consoles of three makers, a morning of QC."""
