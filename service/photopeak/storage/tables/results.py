"""Test sets and what came out of them."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from photopeak.storage.tables.metadata import metadata
from photopeak.storage.types import CleanText, Json, UtcDateTime

test_sets = Table(
    "test_sets",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("device_id", CleanText, nullable=False),
    Column("test", String(64), nullable=False),
    Column("variant", String(32), nullable=False),
    Column("group_key", CleanText, nullable=False),
    Column("day", String(10), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("waiting_for", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("parameters", Json, nullable=False),
    Column("limits", Json, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("worker_id", CleanText),
    Column("job_id", CleanText),
    Column("partial", CleanText, nullable=False, server_default=""),
    Column("performed_at", UtcDateTime),
    Column("operator", CleanText, nullable=False, server_default=""),
    Column("detector", Integer),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("device_id", "test", "variant", "group_key", "day", "ordinal"),
    Index("ix_test_sets_state_page", "state", "updated_at", "id"),
    Index("ix_test_sets_page", "updated_at", "id"),
    Index("ix_test_sets_last", "device_id", "test", "day", "ordinal"),
)

members = Table(
    "test_set_members",
    metadata,
    Column("test_set_id", String(36), ForeignKey("test_sets.id"), primary_key=True),
    Column("role", String(64), primary_key=True),
    Column(
        "series_instance_uid",
        String(64),
        ForeignKey("series.series_instance_uid"),
        primary_key=True,
    ),
    Column("generation", Integer, nullable=False),
    Column("parameters", Json, nullable=False),
    Column("acquired_at", UtcDateTime),
    Column("assigned_by", CleanText, nullable=False, server_default=""),
    Column("added_at", UtcDateTime, nullable=False),
    Index("ix_test_set_members_series", "series_instance_uid"),
)

readings = Table(
    "readings",
    metadata,
    Column("test_set_id", String(36), ForeignKey("test_sets.id"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("value", Json, nullable=False),
    Column("unit", CleanText, nullable=False),
    Column("uncertainty", Float),
    Column("at", UtcDateTime),
    Column("source", CleanText, nullable=False),
    Column("entered_by", CleanText, nullable=False),
    Column("entered_at", UtcDateTime, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("content", String(64), primary_key=True),
    Column("request_key", String(64), unique=True),
    Column("test_set_id", String(36), ForeignKey("test_sets.id"), nullable=False, index=True),
    Column("entered_by", CleanText, nullable=False),
    Column("entered_at", UtcDateTime, nullable=False),
)
"""Measurements that people entered, by the digest of what they hold: the same twice is one."""

results = Table(
    "results",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("test_set_id", String(36), ForeignKey("test_sets.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("supersedes", String(36), ForeignKey("results.id")),
    Column("fingerprint", String(64), nullable=False),
    Column("test", String(64), nullable=False),
    Column("variant", String(32), nullable=False),
    Column("device_id", CleanText),
    Column("status", String(16), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("title", CleanText, nullable=False),
    Column("title_zh", CleanText, nullable=False),
    Column("acquired_at", UtcDateTime),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
    Column("software_version", CleanText, nullable=False),
    Column("analyzer_version", CleanText, nullable=False),
    Column("routes_version", String(64), nullable=False),
    Column("host", CleanText, nullable=False),
    Column("parameters", Json, nullable=False),
    Column("readings", Json, nullable=False),
    Column("limit_sets", Json, nullable=False),
    Column("baselines", Json, nullable=False),
    Column("configurations", Json, nullable=False, server_default="[]"),
    Column("failure", Json),
    Column("message", CleanText, nullable=False),
    UniqueConstraint("test_set_id", "fingerprint"),
    UniqueConstraint("test_set_id", "version"),
    Index("ix_results_page", "finished_at", "id"),
    Index("ix_results_device_page", "device_id", "finished_at", "id"),
    Index("ix_results_test_page", "test", "finished_at", "id"),
    Index("ix_results_device_test_page", "device_id", "test", "finished_at", "id"),
    Index("ix_results_status_page", "status", "finished_at", "id"),
    Index("ix_results_trend", "device_id", "test", "variant", "current", "acquired_at"),
    # With the status at its end, so that the failures of ten years are found without their rows.
    Index("ix_results_standing", "device_id", "test", "current", "acquired_at", "status"),
)


def _of_result() -> Column[str]:
    return Column("result_id", String(36), ForeignKey("results.id"), primary_key=True)


result_inputs = Table(
    "result_inputs",
    metadata,
    _of_result(),
    Column("position", Integer, primary_key=True),
    Column("role", String(64), nullable=False),
    Column("series_instance_uid", String(64), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("instances", Json, nullable=False),
    Index("ix_result_inputs_series", "series_instance_uid"),
)

measurements = Table(
    "measurements",
    metadata,
    _of_result(),
    Column("position", Integer, primary_key=True),
    Column("metric", String(64), nullable=False),
    Column("scope", Json, nullable=False),
    Column("label", CleanText, nullable=False),
    Column("label_zh", CleanText, nullable=False),
    Column("value", Float, nullable=False),
    Column("unit", CleanText, nullable=False),
    Column("uncertainty", Float),
    Column("symbol", CleanText, nullable=False),
    Column("decimals", Integer, nullable=False),
    Column("clause", CleanText, nullable=False),
    Index("ix_measurements_metric", "result_id", "metric"),
)

preconditions = Table(
    "preconditions",
    metadata,
    _of_result(),
    Column("position", Integer, primary_key=True),
    Column("code", String(32), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("outcome", String(8), nullable=False),
    Column("scope", Json, nullable=False),
    Column("quantity", CleanText, nullable=False),
    Column("value", Json),
    Column("lower", Float),
    Column("upper", Float),
    Column("unit", CleanText, nullable=False),
    Column("expected", CleanText, nullable=False),
    Column("clause", CleanText, nullable=False),
)

verdicts = Table(
    "verdicts",
    metadata,
    _of_result(),
    Column("position", Integer, primary_key=True),
    Column("metric", String(64), nullable=False),
    Column("scope", Json, nullable=False),
    Column("limit_set", CleanText, nullable=False),
    Column("limit_set_version", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("lower", Float),
    Column("upper", Float),
    Column("warn_lower", Float),
    Column("warn_upper", Float),
    Column("status", String(16), nullable=False),
    Column("met", Boolean),
    Column("source", CleanText, nullable=False),
    Column("baseline_id", String(36)),
    Index("ix_verdicts_metric", "result_id", "metric"),
)

notes = Table(
    "notes",
    metadata,
    _of_result(),
    Column("position", Integer, primary_key=True),
    Column("code", String(64), nullable=False),
    Column("message", CleanText, nullable=False),
    Column("scope", Json, nullable=False),
    Column("values", Json, nullable=False),
)

figures = Table(
    "figures",
    metadata,
    _of_result(),
    Column("name", String(64), primary_key=True),
    Column("form", String(8), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("content", LargeBinary, nullable=False),
)
