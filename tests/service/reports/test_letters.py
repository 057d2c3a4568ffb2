"""Letters: the first sentence says what, by how much, since when and what to do next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from photopeak.model.messages import Line, LineStatus, MessageKind
from photopeak.reports.letters import Writer
from photopeak.reports.letters.chinese import CHINESE
from photopeak.reports.letters.writing import _STEPS, _WITHOUT_NUMBER, STATUS_WORDS
from support.messages import MORNING, line, message

PATH = "https://qc.example.org"


def plain(text: str) -> str:
    """Return a text with ordinary blanks."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


def writer(language: str = "en", public_url: str = PATH) -> Writer:
    return Writer(site="Testby", language=language, time_zone="Europe/Oslo", public_url=public_url)


def test_the_subject_names_the_worst_thing_and_the_first_sentence_what_to_do() -> None:
    letter = writer().write(message())

    assert letter.subject == "Action: Symbia 1, Intrinsic uniformity (detector 2)"
    assert plain(letter.text).splitlines()[:2] == [
        (
            "Symbia 1, Intrinsic uniformity (detector 2): Integral uniformity, UFOV is 6.42 %, "
            "1.42 % above the limit of 5.00 %, since 2 Mar 2026 07:45. "
            "Next: repeat the test, and contact physics if it fails again."
        ),
        "https://qc.example.org/alerts/a-1",
    ]
    assert letter.html.count('href="https://qc.example.org/alerts/a-1"') == 1
    assert letter.html.count('href="https://qc.example.org/results/r-1"') == 1


def test_the_same_in_chinese() -> None:
    letter = writer("zh").write(message())

    assert letter.subject == "超限：Symbia 1，固有均匀性（探头2）"
    assert plain(letter.text).splitlines()[0] == (
        "Symbia 1，固有均匀性（探头2）：积分均匀性（UFOV）为6.42 %，超出上限5.00 %达1.42 %，"
        "自2026年3月2日07:45起。下一步：请重复检测；若仍超限，请联系物理师。"
    )
    assert '<html lang="zh-Hans">' in letter.html


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"value": 3.0, "upper": None, "lower": 4.0},
            "is 3.00 %, 1.00 % below the limit of 4.00 %",
        ),
        ({"value": 4.8, "status": LineStatus.WARNING}, "is 4.80 %, within the limit of 5.00 %"),
        ({"value": 4.8, "lower": 1.0}, "is 4.80 %, within 1.00 % to 5.00 %"),
        ({"upper": None}, "Integral uniformity, UFOV is 6.42 %,"),
        (
            {"value": None, "quantity": "", "status": LineStatus.OVERDUE},
            "It was not measured in time",
        ),
        ({"value": None, "text": "the counts are too few"}, "the counts are too few"),
    ],
)
def test_what_was_found_is_said_with_its_limit(changes: dict[str, Any], said: str) -> None:
    assert said in plain(writer().lead(message(lines=(line(**changes),))))


@pytest.mark.parametrize(
    ("kind", "lines", "subject"),
    [
        (MessageKind.REMINDER, 1, "Still Action: Symbia 1, Intrinsic uniformity (detector 2)"),
        (
            MessageKind.ESCALATION,
            2,
            "Action, nobody has taken notice: Symbia 1, Intrinsic uniformity (detector 2) and 1 more",
        ),
        (MessageKind.RESOLVED, 1, "Resolved: Symbia 1, Intrinsic uniformity (detector 2)"),
        (MessageKind.DIGEST, 3, "Testby: 3 to look at"),
        (MessageKind.TEST, 1, "Test message from Testby"),
        (MessageKind.SERVICE, 1, "Intrinsic uniformity of Symbia 1 is beyond its limit"),
    ],
)
def test_the_subject_tells_what_kind_of_message_it_is(
    kind: MessageKind, lines: int, subject: str
) -> None:
    whole = message(kind=kind, lines=tuple(line() for _ in range(lines)))

    assert writer().write(whole).subject == subject


def test_what_only_informs_is_not_counted_as_something_to_look_at() -> None:
    note = Line(status=LineStatus.INFO, quantity="Since yesterday: 1 new")
    whole = message(kind=MessageKind.DIGEST, lines=(note, line(), line(), note))

    assert writer().write(whole).subject == "Testby: 2 to look at"


def test_the_message_of_the_morning_begins_with_what_changed_and_names_the_first_thing() -> None:
    note = Line(
        status=LineStatus.INFO, quantity="Since yesterday: 1 new", quantity_zh="昨天以来：新增1项"
    )
    whole = message(kind=MessageKind.DIGEST, lines=(note, line(), note))

    assert writer().lead(whole) == (
        "Since yesterday: 1 new. First: Action: Symbia 1, Intrinsic uniformity (detector 2). "
        "Next: repeat the test, and contact physics if it fails again."
    )
    assert "首项：超限：Symbia 1" in writer("zh").lead(whole)


def test_an_alert_about_no_test_asks_for_no_test_to_be_repeated() -> None:
    alert = Line(
        status=LineStatus.WARNING, device="Symbia 1", title="Series without a route",
        text="no rule matches, and the pixels tell nothing", alert_id="a-1", link="/alerts/a-1",
    )  # fmt: skip
    whole = message(kind=MessageKind.ALERT, lines=(alert,))

    assert writer().lead(whole).endswith("Next: look at the alert.")
    chinese = writer("zh").write(whole)
    assert chinese.subject == "警告：Symbia 1，没有路由的序列"
    assert "Series" not in chinese.text


@pytest.mark.parametrize(
    "reason",
    ["it answered that it is gone for good (410)", "it has failed since 2026-03-02 12:00 UTC"],
)
def test_a_channel_that_was_disabled_is_told_with_the_reason(reason: str) -> None:
    text = f"{reason}. Nothing more is sent on this channel until a person enables it again"
    whole = message(
        kind=MessageKind.SERVICE, title="A channel of messages was disabled",
        lines=(Line(status=LineStatus.ACTION, device="webhooks.bus", text=text, since=MORNING),),
    )  # fmt: skip

    said = writer().lead(whole)
    assert said.startswith(f"webhooks.bus: {text}, since ")
    assert "重新启用" in writer("zh").lead(whole)
    assert "until" not in writer("zh").write(whole).text


def test_a_reminder_says_who_has_seen_it() -> None:
    whole = message(kind=MessageKind.REMINDER, lines=(line(seen_by="R. Chen"),))

    assert ", since 2 Mar 2026 07:45, seen by R. Chen." in writer().lead(whole)


def test_without_an_address_of_its_own_a_site_gets_no_links() -> None:
    letter = writer(public_url="").write(message())

    assert "href" not in letter.html
    assert "http" not in letter.text


def test_a_link_that_leads_elsewhere_is_left_out() -> None:
    whole = message(link="javascript:alert(1)", lines=(line(link="//evil.example.org"),))
    letter = writer().write(whole)

    assert "javascript" not in letter.html
    assert 'href="https://qc.example.org//evil.example.org"' in letter.html


def test_what_a_scanner_sends_is_inert() -> None:
    evil = '</td><script>x</script>{{7*7}}{count} "onload="y \u202egpj.exe\r\nBcc: z'
    whole = message(
        title=evil, lines=(line(device=evil, title=evil, quantity=evil, text=evil, seen_by=evil),)
    )
    for kind in MessageKind:
        letter = writer().write(message(kind=kind, title=evil, lines=whole.lines))
        assert "<script>" not in letter.html
        assert "\u202e" not in letter.html + letter.text + letter.subject
        assert "\n" not in letter.subject
        assert len(letter.subject) <= 160
        assert "\nBcc" not in letter.text


def test_a_picture_is_shown_only_when_it_goes_with_the_letter() -> None:
    assert "cid:picture" in writer().write(message(), True).html
    assert "<img" not in writer().write(message()).html


def test_a_long_list_is_cut_and_says_so() -> None:
    letter = writer().write(message(lines=tuple(line() for _ in range(75))))

    assert letter.html.count("<tr>") == 61
    assert "15 more are on the pages." in letter.text


def test_a_digest_shows_every_state_and_no_empty_column() -> None:
    lines = (
        line(),
        line(status=LineStatus.OVERDUE, value=None, quantity="", upper=None, since=None),
        Line(status=LineStatus.UNREVIEWED, text="12 results wait for a review", link="/review"),
    )
    letter = writer().write(message(kind=MessageKind.DIGEST, lines=lines, link=""))

    for status in (LineStatus.ACTION, LineStatus.OVERDUE, LineStatus.UNREVIEWED):
        assert f'class="state {status.value}"' in letter.html
    assert "12 results wait for a review" in letter.text


def test_every_word_that_decides_has_chinese_words() -> None:
    for table in (STATUS_WORDS, _WITHOUT_NUMBER, _STEPS):
        for word in table.values():
            assert word in CHINESE
    assert set(STATUS_WORDS) == set(LineStatus)
    for kind in MessageKind:
        later = message(kind=kind, created_at=MORNING + timedelta(hours=1))
        assert "Next" not in writer("zh").write(later).text
