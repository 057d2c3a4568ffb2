"""Who is told of alerts, and when: the sections of the policy of ``alerts.toml``."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from photopeak.channel_settings import MailAddress
from photopeak.model.alerts import AlertSeverity
from photopeak.model.messages import CHAT, MAIL
from photopeak.settings import Section

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

DAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Days of the week as they are written, Monday first as `datetime.weekday` counts."""


def _clock_time(value: object) -> object:
    # TOML has times of its own; between quotation marks people leave the seconds out.
    if isinstance(value, str):
        try:
            return time.fromisoformat(value)
        except ValueError as error:
            raise ValueError('is no time of the day; write it as "07:45"') from error
    return value


def _of_the_site(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("is a time of the day of the site and has no time zone of its own")
    return value


TimeOfDay = Annotated[time, BeforeValidator(_clock_time), AfterValidator(_of_the_site)]
"""A time of the day by the clocks of the site."""


class Target(Section):
    """Where messages go: names of channels; `recipients` in place of those of ``[mail]``."""

    channels: list[str] = Field(default_factory=list, max_length=20)
    recipients: list[MailAddress] = Field(default_factory=list, max_length=50)


class PolicySettings(Section):
    """``[policy]``: what belongs together, and how often it is said."""

    group_wait_s: float = Field(120.0, ge=0.0, le=3600.0)
    group_interval_s: float = Field(1800.0, ge=0.0, le=86_400.0)
    settle_min: float = Field(
        30.0, ge=0.0, le=1440.0, description="gone and back within this time is told once"
    )
    repeat_h: float = Field(24.0, ge=0.0, le=720.0, description="0: no reminders")
    resolved: bool = True
    longest_silence_days: int = Field(30, ge=1, le=366)


class RouteEntry(Target):
    """One ``[[routes]]``: which alerts go where. What it leaves empty matches everything."""

    devices: list[str] = Field(default_factory=list)
    tests: list[str] = Field(default_factory=list)
    severities: list[AlertSeverity] = Field(
        default_factory=lambda: [AlertSeverity.WARNING, AlertSeverity.CRITICAL], min_length=1
    )


class QuietHoursSettings(Section):
    """``[quiet_hours]``: when messages wait. Everything is judged and shown all the same."""

    begin: TimeOfDay
    end: TimeOfDay
    days: list[Weekday] = Field(default_factory=lambda: list(DAYS), min_length=1)
    critical_passes: bool = True

    @model_validator(mode="after")
    def _some_time(self) -> QuietHoursSettings:
        if self.begin == self.end:
            raise ValueError("begin and end are the same; leave the section out, or change one")
        return self


class EscalationSettings(Target):
    """``[escalation]``: who is told besides when nobody takes notice."""

    after_min: float = Field(60.0, gt=0.0, le=10_080.0)
    severity: AlertSeverity = AlertSeverity.CRITICAL


class DigestSettings(Target):
    """``[digest]``: the message of the morning, only when there is something to do."""

    enabled: bool = True
    at: TimeOfDay = time(7, 45)
    days: list[Weekday] = Field(default_factory=lambda: list(DAYS), min_length=1)


class PolicySections(Section):
    """The sections of the policy."""

    policy: PolicySettings = PolicySettings()
    routes: list[RouteEntry] = Field(default_factory=list, max_length=100)
    quiet_hours: QuietHoursSettings | None = None
    escalation: EscalationSettings | None = None
    digest: DigestSettings = DigestSettings()

    def policy_faults(self, names: tuple[str, ...]) -> list[str]:
        """Return what cannot work: channels that are not there, addresses for nobody."""
        told: list[tuple[str, Target]] = [
            (f"routes.{number}", route) for number, route in enumerate(self.routes)
        ]
        if self.escalation is not None:
            told.append(("escalation", self.escalation))
        told.append(("digest", self.digest))
        faults = []
        for key, target in told:
            for index, name in enumerate(target.channels):
                if name not in names:
                    faults.append(
                        f"{key}.channels.{index}: there is no channel {name!r}; there are: "
                        + (", ".join(names) or "none")
                    )
                elif not people_read(name):
                    faults.append(
                        f"{key}.channels.{index}: {name} takes events, which it names itself"
                    )
            if target.recipients and MAIL not in target.channels:
                faults.append(f"{key}.recipients: no use without {MAIL!r} in channels")
            if not target.channels and key != "digest":
                faults.append(f"{key}.channels: names no channel, so nobody would be told")
        return faults


def people_read(channel: str) -> bool:
    """Tell whether people read the messages of a channel, as against programs."""
    return channel == MAIL or channel.startswith(CHAT)
