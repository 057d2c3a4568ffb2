"""Drawing of what was measured: figures as SVG and PNG. No network, no database, no DICOM."""
