"""Workers of three zones, each of which reaches only its own room, on PostgreSQL and Temporal."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sim.night import ROOT

ZONE_OF = {"R1": "m-east", "R2": "m-west", "R3": "m-north"}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_step_is_done_by_its_zones_worker(tmp_path: Path) -> None:
    """A step that went to another zone could not reach its room and would fail. One worker vanishes
    in the middle and comes back: nothing is lost."""
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-m", "tests.sim.zones", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["state"] == "done"
    assert len(told["items"]) == 6
    for item in told["items"].values():
        assert item["state"] == "done"
        assert item["machines"] == [ZONE_OF[item["room"]]]
