"""The DICOM listener: associations in, instances into the inbox, nothing else."""
