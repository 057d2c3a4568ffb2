"""From DICOM objects to headers for routing and to acquisitions in physical units."""
