"""What keeps the inbox from working at all.

::

    InboxError
    |-- DataFolderError      the data folder is missing, not writable, or not usable
    |-- DataFolderInUseError another service works on the same data folder
    `-- StoredFileError      a file in the store is not one of ours, or is damaged

What goes wrong with one instance is no exception: it is a
:class:`~photopeak.model.reception.StoreOutcome` with a status for its sender.
"""


class InboxError(Exception):
    """Root of the errors of this station."""


class DataFolderError(InboxError):
    """The data folder cannot be used; the message says what to do."""


class DataFolderInUseError(InboxError):
    """Another service holds the lock of the data folder."""


class StoredFileError(InboxError):
    """A stored file cannot be trusted; the message says why."""
