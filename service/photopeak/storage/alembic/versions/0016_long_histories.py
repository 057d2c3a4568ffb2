"""What is looked for all day is found along an index, however long the history is."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Put what a rule added, and the status of results, into the indexes that find them."""
    op.drop_index("ix_routed_series_rule", "routed_series")
    op.create_index("ix_routed_series_rule", "routed_series", ["rule", "added", "received_at"])
    op.drop_index("ix_results_standing", "results")
    op.create_index(
        "ix_results_standing", "results", ["device_id", "test", "current", "acquired_at", "status"]
    )
