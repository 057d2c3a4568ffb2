"""What can be wrong with a change of accounts.

::

    AccountError        the message says what cannot be, for people
"""


class AccountError(Exception):
    """The change cannot be made; nothing was written.

    `message` is a sentence of the pages' catalogue with its `places`.
    """

    def __init__(self, message: str, **places: object) -> None:
        super().__init__(message.format(**places))
        self.message = message
        self.places = places
