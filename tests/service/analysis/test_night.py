from datetime import UTC, datetime
from pathlib import Path

from photopeak.analysis.night import night_work
from photopeak.settings import Settings, SiteSettings
from photopeak.storage.database import Database

SHANGHAI = Settings(site=SiteSettings(time_zone="Asia/Shanghai"))


def test_the_nights_work_is_done_once_and_at_local_night(
    sqlite_database: Database, tmp_path: Path
) -> None:
    noon = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # 10 h in Shanghai
    night = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)  # 2:30 h on the 3rd
    later = datetime(2026, 3, 2, 19, 30, tzinfo=UTC)
    next_night = datetime(2026, 3, 3, 18, 30, tzinfo=UTC)

    done = [
        night_work(sqlite_database, tmp_path / "data", SHANGHAI, now=moment)
        for moment in (noon, night, later, next_night)
    ]

    assert done == [False, True, False, True]
