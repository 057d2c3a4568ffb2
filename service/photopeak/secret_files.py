"""Files that hold one secret: read whole or refused, and watched for rights that are too wide.

No message repeats anything of the content.
"""

from __future__ import annotations

import stat
from pathlib import Path

_LARGEST = 65_536
_ROOT = 0


class SecretFileError(Exception):
    """The file holds no secret that could be used; the message names it and says why."""


def read_secret(path: Path) -> str:
    """Return the secret in a file, without the blanks and line ends around it.

    Raises
    ------
    SecretFileError
        If the file cannot be read, holds nothing but blanks, or is no text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise SecretFileError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > _LARGEST:
        raise SecretFileError(f"{path} is too large for a secret")
    try:
        # Some editors put a byte order mark in front, which would become part of a password.
        secret = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise SecretFileError(f"{path} is no text in UTF-8") from None
    if not secret:
        raise SecretFileError(f"{path} is empty; write the secret into it")
    if "\0" in secret:
        raise SecretFileError(f"{path} is no text: it has a zero byte")
    return secret


def too_open(path: Path) -> str:
    """Say who besides its owner may use a file that holds a secret; empty when all is well.

    The rule is that of PostgreSQL for private keys: nobody but the owner; when the owner is root,
    the group may read as well, because that is how a system hands a secret to a service. What is
    no regular file, or cannot be looked at, has no rights to judge.
    """
    try:
        found = path.stat()
    except OSError:
        return ""
    if not stat.S_ISREG(found.st_mode):
        return ""
    if found.st_mode & stat.S_IRWXO:
        return f"{path} is open to everyone on this machine; chmod 0600 it"
    allowed = stat.S_IRGRP if found.st_uid == _ROOT else 0
    if found.st_mode & stat.S_IRWXG & ~allowed:
        return f"{path} is open to its group; chmod {'0640' if allowed else '0600'} it"
    return ""


def is_blank(path: Path) -> bool:
    """Tell whether a file is there, can be read and holds nothing but blanks."""
    try:
        return path.is_file() and not path.read_bytes().strip()
    except OSError:
        return False
