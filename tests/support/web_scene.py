"""A small site with everything a page can show, on a real database; for tests of API and pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from photopeak.accounts import passwords
from photopeak.alert_settings import AlertSettings
from photopeak.api.buckets import Rates
from photopeak.api.context import ApiContext, Arrival, RouteDescription, RouteOverview
from photopeak.inbox.archive import plain_name
from photopeak.inbox.upload import FileOutcome
from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.catalogue import (
    MetricDescription,
    ReadingDescription,
    RoleDescription,
    TestDescription,
    VariantDescription,
)
from photopeak.model.devices import Device
from photopeak.model.judgement import Baseline, Limit, LimitKind, LimitSet, Status, Verdict
from photopeak.model.people import Role, User
from photopeak.model.reception import StoreOutcome, StoreStatus
from photopeak.model.results import (
    FailureRecord,
    FigureRecord,
    MeasurementRecord,
    NoteRecord,
    PreconditionRecord,
    ResultRecord,
)
from photopeak.model.routing import Assignment, RoutingDecision, RoutingOutcome, Step
from photopeak.model.schedule import Schedule
from photopeak.model.series import SeriesState
from photopeak.model.taught import TaughtRoute
from photopeak.model.test_sets import TestSetMember
from photopeak.schedule.occurrences import Calendar
from photopeak.settings import Settings
from photopeak.storage import (
    alerts,
    decisions,
    limits,
    results,
    series,
    test_sets,
    tokens,
    users,
)
from photopeak.storage.database import Database, Transaction
from photopeak.web.context import WebContext
from photopeak.web.pages import all_pages, problem_page
from photopeak.web.rendering import static_files
from support.rows import NOON, instance, key, result_of

HOSTILE = (
    '<script>PPXSS1()</script>" onload="PPXSS2() {{7*7}} \u202egnp.exe \x1b[31m\r\nSet-Cookie: a=b'
)
"""Text as a scanner might send it: markup, quotes, templates, direction marks, control characters."""

DEVICE = Device(
    id="camera-1",
    name="NM1 Symbia Evo",
    kind="gamma_camera",
    ae_titles=("CAMERA",),
    detectors=2,
    station="SYMBIA-1",
)
UNIFORMITY = TestDescription(
    id="intrinsic_uniformity",
    title="Intrinsic uniformity",
    title_zh="固有均匀性",
    version="1",
    variants=(VariantDescription(name="nema", title="NEMA NU 1-2018", clause="2.4"),),
    roles=(
        RoleDescription(
            name="flood",
            kinds=("planar",),
            minimum=1,
            maximum=1,
            label="Flood",
            hint="A flood without collimator.",
        ),
    ),
    readings=(),
    metrics=(
        MetricDescription(
            key="iu_ufov", unit="%", symbol="IU", label="Integral uniformity", label_zh="积分均匀性",
            decimals=2, clause="2.4",
        ),
    ),
    parameters=(),
    figures=("flood",),
)  # fmt: skip
SENSITIVITY = TestDescription(
    id="system_planar_sensitivity",
    title="Planar sensitivity",
    title_zh="灵敏度",
    version="1",
    variants=(VariantDescription(name="nema", title="NEMA NU 1-2018", clause="3.3"),),
    roles=(
        RoleDescription(
            name="source", kinds=("planar",), minimum=1, maximum=1, label="Source", hint="A dish."
        ),
        RoleDescription(
            name="background", kinds=("planar",), minimum=1, maximum=1, label="Background",
            hint="The same without the dish.",
        ),
    ),
    readings=(
        ReadingDescription(
            name="activity", label="Activity in the dish", unit="MBq", kind="activity",
            minimum=1.0, maximum=1000.0, required=True, choices=(), columns=(),
            hint="Filled minus residual.",
        ),
        ReadingDescription(
            name="collimator", label="Collimator", unit="1", kind="choice", minimum=None,
            maximum=None, required=False, choices=("LEHR", "LEAP"), columns=(), hint="",
        ),
    ),
    metrics=(),
    parameters=(),
    figures=(),
)  # fmt: skip
GOOD_FLOOD, BAD_FLOOD, UNKNOWN, PATIENT, WAITING, BROKEN = (f"1.2.826.7.{n}" for n in range(1, 7))
TEXTS = {"SeriesDescription": "daily strange thing", "ProtocolName": "qa"}


def store_series(
    tx: Transaction,
    uid: str,
    description: str,
    state: SeriesState,
    reason: str,
    *,
    count: int = 1,
    at: datetime = NOON,
    device_id: str | None = DEVICE.id,
) -> None:
    """Store a series in a state, with its decision."""
    from photopeak.storage import instances

    instances.add_batch(tx, [instance(n, series=uid, at=at) for n in range(count)])
    series.set_display(
        tx,
        uid,
        modality="NM",
        display={"SeriesDescription": description, "Manufacturer": "SIEMENS NM"},
        acquired_at=at - timedelta(minutes=12),
        expected_instances=count,
    )
    series.set_device(tx, uid, device_id)
    series.set_state(tx, uid, state, reason)


def explained(outcome: RoutingOutcome, reason: str, **changes: Any) -> RoutingDecision:
    """Return a decision with some steps."""
    values: dict[str, Any] = {
        "outcome": outcome,
        "reason": reason,
        "device_id": DEVICE.id,
        "rule": "daily-flood",
        "field": "SeriesDescription",
        "runner_up": "weekly-flood",
        "routes_version": "r1",
        "steps": (
            Step(stage="device", subject="camera-1", effect="matched", message="AE title CAMERA."),
            Step(
                stage="rule", subject="daily-flood", effect="matched",
                message="SeriesDescription matches 'flood'.",
            ),
            Step(stage="gate", subject="collimator", effect="confirmed", message="No collimator."),
        ),
    }  # fmt: skip
    return RoutingDecision(**{**values, **changes})


def flood_result(tx: Transaction, uid: str, *, ui: float, status: Status) -> ResultRecord:
    """Store a flood with its result."""
    found = test_sets.find_or_create(
        tx, key(group=uid), role="flood", series_instance_uid=uid, maximum=1, now=NOON
    )
    member = TestSetMember(role="flood", series_instance_uid=uid, generation=1)
    test_set = test_sets.add_member(tx, found.id, member, now=NOON)
    rows = (("iu_ufov", "Integral uniformity", "UFOV", ui, 5.0), ("iu_cfov", "Integral uniformity", "CFOV", ui - 0.4, 4.0),
            ("du_ufov", "Differential uniformity", "UFOV", 1.86, 3.5), ("du_cfov", "Differential uniformity", "CFOV", 1.52, 3.0))  # fmt: skip
    measurements = tuple(
        MeasurementRecord(
            metric=metric, label=label, label_zh="均匀性", scope={"detector": 1, "field": field},
            value=value, unit="%", uncertainty=0.05, symbol="IU", decimals=2,
            clause="NEMA NU 1-2018 2.4",
        )
        for metric, label, field, value, _ in rows
    )  # fmt: skip
    verdicts = tuple(
        Verdict(
            metric=metric, scope={"detector": 1, "field": field}, limit_set=name,
            limit_set_version="cd" * 32, kind=kind, lower=None, upper=upper + extra,
            warn_lower=None, warn_upper=None if extra else upper - 0.5,
            status=Status.INFO if extra else Status.FAIL if value > upper else Status.PASS,
            source="WS 523-2019 A.1", met=value <= upper + extra,
        )
        for metric, _, field, value, upper in rows
        for name, kind, extra in (("ws523", LimitKind.MANDATORY, 0.0), ("jjf", LimitKind.INFORMATIVE, 1.0))
    )  # fmt: skip
    checks = (
        PreconditionRecord(
            code="PC_COUNTS", severity="hard", outcome="met", quantity="Counts in the centre pixel",
            value=10508.0, lower=10000.0, unit="{counts}", clause="2.4.3",
        ),
        PreconditionRecord(
            code="PC_RATE", severity="soft", outcome="not_met", quantity="Count rate",
            value=32000.0, upper=30000.0, unit="{counts}/s",
        ),
        PreconditionRecord(
            code="PC_NUCLIDE", severity="soft", outcome="unknown", quantity="Nuclide",
            expected="Tc-99m or Co-57",
        ),
    )  # fmt: skip
    return results.add(
        tx,
        result_of(
            test_set,
            status=status,
            measurements=measurements,
            verdicts=verdicts,
            preconditions=checks,
            figures=figure_records(dip=0.05 if status is Status.FAIL else 0.005),
            notes=(NoteRecord(code="REBINNED", message="Pixels were combined 4 by 4 to 6.4 mm."),),
        ),
    )


def figure_records(dip: float) -> tuple[FigureRecord, ...]:
    """Return figures as an analysis leaves them, of a flood with a dip; drawn by the renderer itself."""
    import numpy as np

    from photopeak.reports.figures import render_png, render_svg
    from photopeak_analyzers.figures import (
        Colormap,
        Curve,
        CurveFigure,
        ImageFigure,
        Overlay,
        OverlayKind,
    )
    from photopeak_analyzers.figures_io import figure_to_plain

    rng = np.random.default_rng(int(dip * 1000))
    image = rng.poisson(10_500, (96, 120)).astype(float)
    rows, columns = np.mgrid[:96, :120]
    image *= 1.0 - dip * np.exp(-((rows - 40) ** 2 + (columns - 80) ** 2) / 60.0)
    outline = ((4.0, 4.0), (4.0, 115.0), (91.0, 115.0), (91.0, 4.0))
    inner = ((15.0, 18.0), (15.0, 101.0), (80.0, 101.0), (80.0, 18.0))
    overlays = (
        Overlay(kind=OverlayKind.FIELD_OF_VIEW, label="UFOV", points=outline),
        Overlay(kind=OverlayKind.FIELD_OF_VIEW, label="CFOV", points=inner),
        Overlay(kind=OverlayKind.MINIMUM, label="min 9 830", points=((40.0, 80.0),)),
        Overlay(kind=OverlayKind.MAXIMUM, label="max 10 812", points=((70.0, 30.0),)),
    )
    flood = ImageFigure(
        name="flood", title="Flood, detector 1", image=image, pixel_spacing_mm=(4.4, 4.4),
        low=9600.0, high=11000.0, overlays=overlays,
    )  # fmt: skip
    deviation = ImageFigure(
        name="deviation", title="Deviation from the mean", image=image / image.mean() * 100 - 100,
        pixel_spacing_mm=(4.4, 4.4), low=-5.0, high=5.0, unit="%", colormap=Colormap.DIVERGING,
    )  # fmt: skip
    profile = CurveFigure(
        name="profile", title="Profiles through the minimum", x_label="Position", x_unit="mm",
        y_label="Counts per pixel", y_unit="{counts}",
        curves=(
            Curve(label="across", x=np.arange(120) * 4.4, y=image[40]),
            Curve(label="along", x=np.arange(96) * 4.4, y=image[:, 80]),
        ),
    )  # fmt: skip
    table = {"columns": ["Detector", "Mean counts", "Remark"], "rows": [[1, 10500.5, HOSTILE], [2, None, "ok"]]}  # fmt: skip
    drawn = [
        FigureRecord(
            name=f.name, title=f.title, kind=kind,
            forms={"svg": render_svg(f).encode(), "json": json.dumps(figure_to_plain(f)).encode()}
            | ({"png": render_png(f)} if isinstance(f, ImageFigure) else {}),
        )
        for f, kind in ((flood, "image"), (deviation, "image"), (profile, "curve"))
    ]  # fmt: skip
    return (
        *drawn,
        FigureRecord(
            name="detectors", title="Detectors", kind="table",
            forms={"json": json.dumps(table).encode(), "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"},
        ),
    )  # fmt: skip


def fill(database: Database) -> dict[str, str]:
    """Fill the database; return the ids of what was stored by name."""
    ids: dict[str, str] = {}
    with database.transaction() as tx:
        limit = Limit(test=UNIFORMITY.id, variant="nema", metric="iu_ufov", upper=5.0, source="A.1")
        limit_set = LimitSet(
            name="ws523", title="WS 523-2019", kind=LimitKind.MANDATORY, source="WS 523-2019",
            version="cd" * 32, limits=(limit,),
        )  # fmt: skip
        limits.put_in_force(tx, [limit_set], now=NOON)
        limits.add_baseline(
            tx,
            Baseline(
                id="", device_id=DEVICE.id, test=UNIFORMITY.id, variant="nema", metric="iu_ufov",
                scope={"detector": 1}, configuration="c", value=2.3, spread=0.1, count=5,
                epoch_start=NOON, reason="acceptance", approved_by="physics", version=0,
            ),
            now=NOON,
        )  # fmt: skip
        for uid, text in ((GOOD_FLOOD, "Daily flood"), (BAD_FLOOD, "Daily flood head 2")):
            store_series(tx, uid, text, SeriesState.ANALYZED, "analysed by daily-flood")
            decisions.add(tx, uid, 1, explained(RoutingOutcome.ROUTED, "by rule daily-flood", assignments=(Assignment(test=UNIFORMITY.id, variant="nema", role="flood"),)), now=NOON)  # fmt: skip
        ids["good"] = flood_result(tx, GOOD_FLOOD, ui=2.31, status=Status.PASS).id
        ids["bad"] = flood_result(tx, BAD_FLOOD, ui=5.67, status=Status.FAIL).id
        store_series(
            tx, UNKNOWN, HOSTILE, SeriesState.UNROUTED, f"no rule knows {HOSTILE}", count=3
        )
        decisions.add(tx, UNKNOWN, 1, explained(RoutingOutcome.UNROUTED, "no rule matches", rule="", suggestion="intrinsic_uniformity", steps=(Step(stage="rule", subject=HOSTILE, effect="passed", message=HOSTILE),)), now=NOON)  # fmt: skip
        store_series(
            tx, PATIENT, "", SeriesState.QUARANTINED, "it looks like a patient's", device_id=None
        )
        store_series(tx, WAITING, "Sensitivity dish", SeriesState.WAITING, "waiting for Background")
        waiting = test_sets.find_or_create(
            tx, key(test=SENSITIVITY.id), role="source", series_instance_uid=WAITING, maximum=1,
            now=NOON,
        )  # fmt: skip
        member = TestSetMember(role="source", series_instance_uid=WAITING, generation=1)
        test_sets.add_member(tx, waiting.id, member, now=NOON)
        test_sets.describe(
            tx,
            waiting.id,
            now=NOON,
            waiting_for="waiting for Background, Activity in the dish (MBq)",
        )
        ids["waiting"] = waiting.id
        store_series(tx, BROKEN, "Flood cut short", SeriesState.FAILED, "it could not be computed")
        broken = test_sets.find_or_create(
            tx, key(group="broken"), role="flood", series_instance_uid=BROKEN, maximum=1, now=NOON
        )
        member = TestSetMember(role="flood", series_instance_uid=BROKEN, generation=1)
        record = test_sets.add_member(tx, broken.id, member, now=NOON)
        failure = FailureRecord(
            code="too_few_counts", message="flood has 512 counts per pixel, needs 10000"
        )
        ids["broken"] = results.add(
            tx,
            replace(
                result_of(record), status=Status.ERROR, failure=failure, measurements=(),
                verdicts=(), preconditions=(), figures=(), notes=(),
            ),
        ).id  # fmt: skip
        alert = Alert(
            key="bad", severity=AlertSeverity.CRITICAL, title="Integral uniformity", message=HOSTILE,
            device_id=DEVICE.id, test=UNIFORMITY.id, result_id=ids["bad"],
        )  # fmt: skip
        ids["alert"] = alerts.raise_alert(tx, alert, now=NOON).id
    return ids


PASSWORD = "seven grey geese walk home"
"""Password of everybody whom `make_user` makes."""


@lru_cache(maxsize=1)
def _password_hash() -> str:
    return passwords.hashed(PASSWORD)


def make_user(database: Database, role: str, *, name: str, **options: Any) -> User:
    """Add somebody with a role and the password of all."""
    with database.transaction() as tx:
        return users.add(
            tx,
            **{
                "name": name,
                "shown_name": f"Dr. {name.title()}",
                "email": "",
                "role": Role(role),
                "now": NOON,
                "created_by": "test",
                "password_hash": _password_hash(),
                **options,
            },
        )


def make_token(database: Database, scope: str, *, name: str = "", **options: Any) -> str:
    """Make a token of a scope and return its text."""
    with database.transaction() as tx:
        _, text = tokens.create(
            tx,
            name=name or f"{scope} token",
            scopes=(scope,),
            now=NOON,
            created_by="test",
            **options,
        )
    return text


class Receiver:
    """Takes files as the inbox would: keeps their bytes, and refuses what is not DICOM."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    def __call__(self, arrival: Arrival) -> tuple[FileOutcome]:
        """Take one file."""
        content = arrival.path.read_bytes()
        if content[128:132] == b"DICM":
            duplicate = content in self.received
            self.received.append(content)
            outcome = StoreOutcome(status=StoreStatus.SUCCESS, duplicate=duplicate)
        else:
            outcome = StoreOutcome(
                status=StoreStatus.CANNOT_UNDERSTAND,
                comment="neither DICOM nor a document of a known form",
            )
        return (FileOutcome(name=plain_name(arrival.name), outcome=outcome),)


def contexts(
    database: Database, data: Path, *, settings: Settings | None = None, **changes: Any
) -> tuple[ApiContext, WebContext, Receiver]:
    """Return contexts of API and pages on a database."""
    settings = settings or Settings(data=data)
    receiver = Receiver()

    def texts(_: str) -> Mapping[str, str]:
        return TEXTS

    def explain(paths: Sequence[Path]) -> RoutingDecision:
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
        return explained(RoutingOutcome.UNROUTED, f"{len(paths)} files, {digest[:8]}")

    def explain_series(uid: str, lesson: TaughtRoute | None) -> RoutingDecision:
        with database.snapshot() as tx:
            series.get(tx, uid)
        if lesson is None:
            return explained(RoutingOutcome.UNROUTED, "no rule matches", rule="")
        return explained(RoutingOutcome.ROUTED, f"{lesson.test} by taught:{lesson.id}")

    shared: dict[str, Any] = {
        "settings": settings,
        "database": database,
        "alerts": AlertSettings(),
        "version": "0.1.0",
        "devices": lambda: (DEVICE,),
        "tests": lambda: (UNIFORMITY, SENSITIVITY),
        "series_texts": texts,
        "clock": lambda: NOON + timedelta(minutes=5),
        "calendar": lambda: Calendar(Schedule()),
        "explain_series": explain_series,
    }
    shared |= {name: value for name, value in changes.items() if name in shared}
    web = WebContext(**shared)
    overview = RouteOverview(
        version="r1",
        routes=(
            RouteDescription(
                name="daily-flood", source="uniformity.toml:1", priority=10, test=UNIFORMITY.id,
                variant="nema", role="flood", conditions=("SeriesDescription: flood",),
            ),
        ),
    )  # fmt: skip
    values: dict[str, Any] = {
        **shared,
        "data": data,
        "receive": receiver,
        "explain_route": explain,
        "routes": lambda: overview,
        "rates": Rates(),
        "pages": all_pages(web),
        "problem_page": problem_page(web),
        "files": static_files(),
    }
    return ApiContext(**{**values, **changes}), web, receiver
