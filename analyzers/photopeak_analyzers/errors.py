"""What an analyzer may raise; nothing here ever becomes a NaN or a silent default.

::

    PhotopeakAnalyzersError
    |-- ContractError                 an analyzer describes or returns what the contract forbids
    `-- AnalysisError                 this acquisition cannot be analysed
        |-- ParameterError            a parameter is unknown, of the wrong type or out of bounds
        |-- MissingReadingError       a number that a person must supply is not there
        |-- UnsuitableAcquisitionError   the input is not what the test needs
        |   `-- IncompleteSetError           it would be with series that may still come
        `-- FitError                  a fit did not converge or is not determined
"""


class PhotopeakAnalyzersError(Exception):
    """Root of the errors of this package."""


class ContractError(PhotopeakAnalyzersError):
    """An analyzer describes itself, or returns, something that the contract forbids."""


class AnalysisError(PhotopeakAnalyzersError):
    """The acquisition cannot be analysed; the message names quantity, value and bound.

    Parameters
    ----------
    message
        One sentence for a person, such as ``flood has 512 counts per pixel, needs 10000``.
    quantity
        What was looked at, such as ``counts per pixel``.
    value
        What was found; None when it is absent.
    bound
        What it had to be, in words or as a number.
    """

    def __init__(
        self,
        message: str,
        *,
        quantity: str = "",
        value: float | str | None = None,
        bound: float | str | None = None,
    ) -> None:
        super().__init__(message)
        self.quantity = quantity
        self.value = value
        self.bound = bound


class ParameterError(AnalysisError):
    """A parameter is unknown, of the wrong type or out of its bounds."""


class MissingReadingError(AnalysisError):
    """A number that a person or another instrument must supply is not there."""


class UnsuitableAcquisitionError(AnalysisError):
    """The input is not what the test needs: wrong type, missing frames, nothing in the image."""


class IncompleteSetError(UnsuitableAcquisitionError):
    """What is there tells nothing without other series of the set, which may still come."""


class FitError(AnalysisError):
    """A fit did not converge, or the data do not determine it."""
