"""Which passwords are taken, and what is kept of them."""

from __future__ import annotations

import pytest

from photopeak.accounts import passwords
from photopeak.accounts.errors import AccountError


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("eleven char", "at least 12"),
        ("x" * 4 + "y" * 125, "at most 128"),
        ("r.chen-geneva", "must not be the name"),
        ("R.Chen-Geneva", "must not be the name"),
        ("Password1234", "among the first"),
        ("nuclearmedicine2026!", "among the first"),
        ("aaaaaaaaaaaaaaaa", "among the first"),
    ],
)
def test_a_password_that_would_be_guessed_is_refused(password: str, wrong: str) -> None:
    with pytest.raises(AccountError, match=wrong) as refusal:
        passwords.check(password, "r.chen-geneva")

    assert password not in str(refusal.value)


@pytest.mark.parametrize(
    "password", ["twelve chars", "correct horse 7", "我喜欢在早上做质量控制工作", "x1!q" * 31, " " * 4 + "with blanks"]
)  # fmt: skip
def test_any_other_password_is_taken_whatever_it_is_made_of(password: str) -> None:
    passwords.check(password, "r.chen")


def test_the_hash_is_argon2id_with_no_less_than_19_mib() -> None:
    kept = passwords.hashed("seven grey geese")

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert kept != passwords.hashed("seven grey geese")
    assert passwords.verify("seven grey geese", kept)
    assert not passwords.verify("seven grey geesE", kept)


def test_the_same_keys_are_the_same_password_on_every_machine() -> None:
    assert passwords.verify(
        "pass\u00e9 compose\u0301", passwords.hashed("passe\u0301 compos\u00e9")
    )


def test_without_a_hash_every_password_is_wrong_after_the_same_work() -> None:
    assert not passwords.verify("seven grey geese", None)
    assert passwords._of_nobody().startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_password_longer_than_any_that_is_taken_is_wrong() -> None:
    assert not passwords.verify("x" * 129, passwords.hashed("x"))


def test_a_password_to_begin_with_is_taken_and_never_the_same() -> None:
    made = {passwords.start_password() for _ in range(50)}

    assert len(made) == 50
    for password in made:
        passwords.check(password, "r.chen")
