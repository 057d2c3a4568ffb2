"""Results on their way back to the archive: DICOM SR and Secondary Capture by C-STORE."""
