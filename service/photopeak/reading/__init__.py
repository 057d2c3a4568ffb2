"""From DICOM objects to headers for routing and acquisitions for analysis."""
