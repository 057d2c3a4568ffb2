"""What can go wrong with the database.

::

    StorageError
    |-- StorageUnavailableError   locked, unreachable, read-only or full: the same call may work later
    |-- SchemaError               corrupt, or of another program or version: a person has to act
    |-- RowRefusedError           the database can be used, and does not take this row
    |-- NotFoundError             the row does not exist
    |-- StateError                the row is in a state that does not allow this
    |-- CursorError               a page cursor that this service did not hand out
    `-- AuditError                the audit trail was tampered with
"""


class StorageError(Exception):
    """Root of the errors of this station."""


class StorageUnavailableError(StorageError):
    """The database cannot be used now; nothing was written."""


class SchemaError(StorageError):
    """The database cannot be used by this program; the message names the way out.

    Nothing has been changed in it.
    """


class RowRefusedError(StorageError):
    """The row breaks a rule of the database: it will not take it another time either."""


class NotFoundError(StorageError):
    """There is no such row; the message says of which kind and with which key."""


class StateError(StorageError):
    """The row is in a state that does not allow what was asked for."""


class CursorError(StorageError):
    """The cursor of a page is damaged or of another list."""


class AuditError(StorageError):
    """The chain of the audit trail is broken; the message names the entry."""
