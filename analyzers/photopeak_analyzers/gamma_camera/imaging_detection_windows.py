"""The smallest activity that an image can show, in one energy window and in several together.

With the rate b of the background in a region, measured for t_b, an image of the time t has the
decision threshold ``L_C = k sqrt(b t (1 + t / t_b))`` and the detection limit ``L_D = k**2 + 2 L_C``
counts, k = 1.645 for 5 % of false alarms and of misses; with k put in, ``2.71 + 3.29 sqrt(...)``. The
sensitivity S in the region makes an activity of it, ``A = L_D / (S t)``. Windows are compared by
``S**2 / b``: the larger, the sooner the same activity is seen.

For sums the largest ``S**2 / b`` belongs to the windows with the largest S / b, as many as it takes (the
quotient is convex in the two sums, so no other choice can be better): those sums are formed, one more
window at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from photopeak_analyzers.contract import Scope
from photopeak_analyzers.numerics.counting import net_rate, rate, uncertainty_of_counts

K = 1.645
"""One-sided 95 % of a normal distribution."""

SIGNIFICANT = 3.0
"""Standard uncertainties by which a window has to count more with the source than without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What the region counted with the source and without, in one window or in several disjoint ones.

    Attributes
    ----------
    windows
        Numbers of the windows.
    bounds_kev
        (lower, upper) of each window that the header lists.
    """

    detector: int | None
    windows: tuple[int | None, ...]
    bounds_kev: tuple[tuple[float, float], ...]
    source_counts: float
    source_s: float
    background_counts: float
    background_s: float

    @property
    def name(self) -> str:
        """The windows as a person writes them, such as ``1+3``."""
        return "+".join("unknown" if window is None else str(window) for window in self.windows)

    @property
    def scope(self) -> Scope:
        """Detector and windows.

        A number of one window and one of a sum name their windows alike, so that what holds against
        one of them does not hold against all.
        """
        return Scope.of(detector=self.detector, windows=self.name)

    @property
    def net_cps(self) -> float:
        """Rate of the source alone."""
        return self.source_counts / self.source_s - self.background_cps

    @property
    def background_cps(self) -> float:
        """Rate without the source."""
        return self.background_counts / self.background_s

    @property
    def sees_the_source(self) -> bool:
        """Whether it counts more with the source than chance explains."""
        net = net_rate(self.source_counts, self.source_s, self.background_counts, self.background_s)
        return net.value > SIGNIFICANT * net.uncertainty

    def overlaps(self, other: Channel) -> bool:
        """Tell whether an event may be counted in both."""
        return any(
            max(a[0], b[0]) < min(a[1], b[1]) for a in self.bounds_kev for b in other.bounds_kev
        )

    def with_(self, other: Channel) -> Channel:
        """Return both together; the times are those that they have in common."""
        return Channel(
            detector=self.detector,
            windows=tuple(sorted((*self.windows, *other.windows), key=lambda w: w or 0)),
            bounds_kev=(*self.bounds_kev, *other.bounds_kev),
            source_counts=self.source_counts + other.source_counts,
            source_s=self.source_s,
            background_counts=self.background_counts + other.background_counts,
            background_s=self.background_s,
        )

    def fits(self, other: Channel) -> bool:
        """Tell whether counts may be added: the same times, and no event in both."""
        return (
            math.isclose(self.source_s, other.source_s, rel_tol=1e-6)
            and math.isclose(self.background_s, other.background_s, rel_tol=1e-6)
            and not self.overlaps(other)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionLimit:
    """What a channel can see in an image of the time `imaging_s`.

    Attributes
    ----------
    sensitivity
        In the region, in counts/s/MBq.
    threshold_counts, limit_counts
        Decision threshold and detection limit.
    limit_mbq
        Smallest activity that is seen.
    merit
        ``S**2 / b``; None without any background count.
    relative
        Relative standard uncertainties of sensitivity, limit_mbq and merit; None when that of the
        activity is not known.
    """

    channel: Channel
    imaging_s: float
    sensitivity: float
    threshold_counts: float
    limit_counts: float
    limit_counts_u: float
    limit_mbq: float
    merit: float | None
    relative: tuple[float, float, float] | None


def threshold_counts(background_cps: float, imaging_s: float, background_s: float) -> float:
    """Return the decision threshold.

    >>> round(threshold_counts(0.05, 600.0, 1800.0), 3)
    10.404
    """
    return K * math.sqrt(background_cps * imaging_s * (1.0 + imaging_s / background_s))


def detection_limit(
    channel: Channel, activity_mbq: float, activity_relative: float | None, imaging_s: float
) -> DetectionLimit:
    """Return what a channel that sees the source can see of less.

    Parameters
    ----------
    activity_mbq
        Mean activity while the source was imaged.
    activity_relative
        Its relative standard uncertainty; None when it is not known.
    imaging_s
        Time of the image for which the limit holds.
    """
    net, b = channel.net_cps, channel.background_cps
    sensitivity = net / activity_mbq
    threshold = threshold_counts(b, imaging_s, channel.background_s)
    limit = K**2 + 2.0 * threshold
    u_gross = rate(channel.source_counts, channel.source_s).uncertainty
    u_b = uncertainty_of_counts(channel.background_counts) / channel.background_s
    u_limit = (
        threshold * u_b / b
        if b > 0.0
        else 2.0 * threshold_counts(u_b, imaging_s, channel.background_s)
    )
    relative = None
    if activity_relative is not None:
        # The background lowers S and raises L_D: both follow from the same counts.
        relative = (
            math.hypot(u_gross / net, u_b / net, activity_relative),
            math.hypot(u_gross / net, u_b / net + u_limit / limit, activity_relative),
            math.hypot(
                2.0 * u_gross / net,
                u_b * (2.0 / net + (1.0 / b if b > 0.0 else 0.0)),
                2.0 * activity_relative,
            ),
        )
    return DetectionLimit(
        channel=channel,
        imaging_s=imaging_s,
        sensitivity=sensitivity,
        threshold_counts=threshold,
        limit_counts=limit,
        limit_counts_u=u_limit,
        limit_mbq=limit / (sensitivity * imaging_s),
        merit=sensitivity**2 / b if b > 0.0 else None,
        relative=relative,
    )


def sums_of_windows(channels: Sequence[Channel]) -> list[Channel]:
    """Return the sums that can be best: the windows by S / b, one more at a time.

    A window that overlaps with those before it, or was measured for another time, is left out of
    the sums.
    """

    def quality(channel: Channel) -> float:
        b = channel.background_cps
        return channel.net_cps / b if b > 0.0 else math.inf

    ordered = sorted(channels, key=quality, reverse=True)
    sums: list[Channel] = []
    together = ordered[0] if ordered else None
    for channel in ordered[1:]:
        if together is not None and together.fits(channel):
            together = together.with_(channel)
            sums.append(together)
    return sums
