"""What can go wrong between a queued test set and its result.

::

    AnalysisStationError
    |-- CatalogueError        an installed analyzer breaks the contract
    |-- JobRefusedError       these inputs cannot be analysed; the reason is for a person
    `-- JobFailedError        the work itself failed: crash, memory, time
"""


class AnalysisStationError(Exception):
    """Root of the errors of this station."""


class CatalogueError(AnalysisStationError):
    """An installed analyzer cannot be used; the message names it and says why."""


class JobRefusedError(AnalysisStationError):
    """The inputs cannot be read or analysed. `code` is stable, the message is for a person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class JobFailedError(AnalysisStationError):
    """The work crashed, or ran into its memory or time limit. `detail` may hold a traceback."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail
