"""What the bar at the top of every page leads to: daily work in the bar, the rest under More."""

from dataclasses import dataclass

from photopeak.model.page import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One way to a page: `name` is what the page calls itself, `label` its English words."""

    name: str
    path: str
    label: str
    access: Access = Access.READ


DAILY = (
    Entry(name="board", path="/", label="Board"),
    Entry(name="series", path="/series", label="Series"),
    Entry(name="results", path="/results", label="Results"),
    Entry(name="trends", path="/trends", label="Trends"),
    Entry(name="inbox", path="/inbox", label="Inbox"),
    Entry(name="schedule", path="/schedule", label="Schedule"),
    Entry(name="review", path="/review", label="Review", access=Access.REVIEW),
    Entry(name="test-sets", path="/test-sets", label="Waiting"),
    Entry(name="measurements", path="/measurements", label="Enter", access=Access.OPERATE),
)
"""What people open every day, in the order of their morning."""

FURTHER: tuple[Entry, ...] = (
    Entry(name="alerts", path="/alerts", label="Alerts"),
    Entry(name="devices", path="/devices", label="Devices"),
    Entry(name="events", path="/events", label="Events"),
    Entry(name="baselines", path="/baselines", label="Baselines and limits"),
    Entry(name="routes", path="/routes", label="Routes"),
    Entry(name="associations", path="/associations", label="Associations"),
    Entry(name="system", path="/system", label="System health"),
    Entry(name="notifications", path="/notifications", label="Notifications"),
    Entry(name="account", path="/account", label="Your account"),
    Entry(name="users", path="/users", label="Users and tokens", access=Access.ADMIN),
    Entry(name="audit", path="/audit", label="Audit trail", access=Access.AUDIT),
)
"""What they open now and then."""
