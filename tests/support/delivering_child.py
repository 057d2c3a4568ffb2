"""Deliver the webhooks of a database until killed: ``python -m support.delivering_child DATA URL SECRET``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from photopeak.alerts.channels.delivery import Delivery
from photopeak.alerts.channels.webhook import WebhookChannel
from photopeak.channel_settings import WebhookSettings
from photopeak.settings import DatabaseSettings
from photopeak.storage.database import open_database

LEASE_S = 0.5


def main() -> None:
    data, url, secret = sys.argv[1:]
    settings = WebhookSettings(
        url=url, secret_files=[Path(secret)], networks=["127.0.0.0/8"], timeout_s=0.4
    )
    channel = WebhookChannel("bus", settings, public_url="", software="Photopeak/1")
    delivery = Delivery(open_database(DatabaseSettings(), Path(data)), [channel], lease_s=LEASE_S)
    print("ready", flush=True)
    while True:
        delivery.step()
        time.sleep(0.02)


if __name__ == "__main__":
    main()
