"""The child that makes the objects of one job and sends them: ``python -m photopeak.outgoing.child FOLDER``.

It prints one JSON text: ``outcome`` (``sent``, ``retry`` or ``refused``) and ``detail`` for people.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from photopeak.listener.client import ClientError, echo, send
from photopeak.outgoing.job import JOB


def run(folder: Path) -> dict[str, str]:
    """Make and send what a folder asks for; without objects, ask whether the archive answers."""
    job: dict[str, Any] = json.loads((folder / JOB).read_text("utf-8"))
    peer = dict(job["peer"])
    where = {"calling": peer["calling"], "called": peer["called"], "timeout_s": peer["timeout_s"]}
    try:
        if not job["objects"]:
            seconds = echo(peer["host"], peer["port"], **where)
            return {"outcome": "sent", "detail": f"C-ECHO answered within {seconds:.1f} s"}
        from photopeak.outgoing.objects import make

        files = make(job, folder)
        outcomes = send(files, peer["host"], peer["port"], **where)
    except ClientError as error:
        return {"outcome": "retry", "detail": str(error)}
    failed = [outcome for outcome in outcomes if not outcome.ok]
    if not failed:
        return {"outcome": "sent", "detail": f"{len(outcomes)} objects stored"}
    first = failed[0]
    detail = f"{len(failed)} of {len(outcomes)} objects not stored: {first.comment}"
    # What the archive cannot understand it will not understand tomorrow (PS3.4 B.2.3).
    final = all(
        o.status is not None and o.status >> 12 in (0xA, 0xC) and o.status >> 8 != 0xA7
        for o in failed
    )
    return {"outcome": "refused" if final else "retry", "detail": detail}


def main() -> int:
    """Do the job of the folder that is named on the command line."""
    print(json.dumps(run(Path(sys.argv[1]))))  # noqa: T201 - the answer to the parent
    return 0


if __name__ == "__main__":
    sys.exit(main())
