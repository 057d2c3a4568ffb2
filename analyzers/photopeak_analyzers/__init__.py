"""Physics of nuclear-medicine quality control: pure functions of acquisitions.

Nothing here reads DICOM, opens a connection or knows the service. Start with
:mod:`photopeak_analyzers.contract` and :mod:`photopeak_analyzers.acquisition`.
"""
