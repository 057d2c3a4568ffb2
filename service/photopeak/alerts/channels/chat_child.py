"""The child that tells a chat room: a job in JSON on standard input, the outcome as exit code."""

from __future__ import annotations

import json
import sys

NOT_INSTALLED = 3
NOT_UNDERSTOOD = 4
NOT_DELIVERED = 5


def main() -> int:
    """Send one message."""
    job = json.load(sys.stdin)
    try:
        import apprise
    except ModuleNotFoundError:
        return NOT_INSTALLED
    service = apprise.Apprise.instantiate(
        job["url"], asset=apprise.AppriseAsset(app_id="Photopeak", secure_logging=True)
    )
    if service is None:
        return NOT_UNDERSTOOD
    # A message for one house must not be led to another.
    service.redirects = False
    sent = service.notify(
        title=job["title"], body=job["body"], body_format=apprise.NotifyFormat.TEXT
    )
    return 0 if sent else NOT_DELIVERED


if __name__ == "__main__":
    sys.exit(main())
