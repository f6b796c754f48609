"""The sample city in a NetBox: by the product's own commands, as a user would bring it there."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.ledger import write_ledger

REPO = Path(__file__).resolve().parents[2]


class NotLoaded(RuntimeError):
    """A command of ours did not do what it should; its own words."""


@dataclass(frozen=True)
class Sample:
    """What lies in `folder`: Qianyun's state, its token for NetBox (0600), the ledger."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def token(self) -> Path:
        return self.folder / "token"

    @property
    def ledger(self) -> Path:
        return self.folder / "澜江市台账.xlsx"


def load_sample(url: str, admin: Path, folder: Path, say: Callable[[str, str], None]) -> Sample:
    """Once; after that it only says where things lie. `admin`: the file of the admin's token.

    Raises NotLoaded."""
    sample = Sample(folder)
    if sample.ledger.exists():
        return sample
    sample.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    say("在 NetBox 中建立字段、类型与最小权限令牌", "fields, types and a least-privilege token")
    _qianyun(sample, url, admin, "netbox", "bootstrap", "--token-file", str(sample.token))
    say("导入示例城市", "loading the sample city")
    new = write_ledger(sample.ledger.with_name("new.xlsx"), host_keys={})
    try:
        told = _qianyun(sample, url, sample.token, "inventory", "apply", str(new))
        if not told["applied"]:
            words = ("inventory", "apply", str(new), "--digest", told["digest"])
            _qianyun(sample, url, sample.token, *words)
        new.replace(sample.ledger)  # last: its being there says that all was done
    finally:
        new.unlink(missing_ok=True)
    return sample


def _qianyun(sample: Sample, url: str, token: Path, *words: str) -> dict[str, Any]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QIANYUN_")}
    own = {
        "QIANYUN_STATE": str(sample.state),
        "QIANYUN_NETBOX_URL": url,
        "QIANYUN_NETBOX_TOKEN": f"file:{token}",
    }
    done = subprocess.run(
        [sys.executable, "-m", "api.cli.main", "--json", *words],
        env=kept | own | {"PYTHONPATH": str(REPO)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotLoaded(
            f"示例城市未导入 / the sample city was not loaded: qianyun {' '.join(words)}: exit "
            f"{done.returncode}\n{done.stdout[-1500:]}{done.stderr[-1500:]}"
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
