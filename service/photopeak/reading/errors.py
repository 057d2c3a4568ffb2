"""What can be wrong with received objects. Each message names the object's own numbers.

::

    ReadingError
    |-- UnreadableError          the file is no data set, or a broken one
    |-- NotAnAcquisitionError    kept and shown, but there is nothing to analyse in it
    |-- PixelError               the pixels cannot be had
    |   `-- LossyError           they could, but lost something on the way
    |-- StructureError           frames or slices do not fit together
    `-- GeometryError            positions do not make a volume
        `-- DoubleSliceError     several slices lie at the same place
"""


class ReadingError(Exception):
    """Root of all errors of reading."""


class UnreadableError(ReadingError):
    """The file is not a DICOM data set, or is broken where it matters."""


class NotAnAcquisitionError(ReadingError):
    """A screen, a report, a document: kept and shown, never analysed."""


class PixelError(ReadingError):
    """The pixel data are missing, do not fit their description, or cannot be decoded."""


class LossyError(PixelError):
    """The pixels went through lossy compression: counts are no longer counts."""


class StructureError(ReadingError):
    """Frames cannot be told apart, or objects of one series contradict each other."""


class GeometryError(ReadingError):
    """Slices are missing, doubled or turned against each other."""


class DoubleSliceError(GeometryError):
    """Several slices lie at the same place: one came twice, or there is more than one volume."""
