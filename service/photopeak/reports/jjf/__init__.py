"""Record and certificate of a PET/CT calibration, after the recommended forms of JJF Annex C and D."""
