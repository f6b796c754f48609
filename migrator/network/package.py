"""A list of network changes as files, rendered and read back by the checker. Nothing is sent."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from inventory.canonical import canonical_json
from migrator.errors import Refused
from migrator.network.change_list import NetworkChanges, read_changes
from migrator.network.files import Checked, of_device, of_firewall, of_name, of_vip
from migrator.people.rights import Deed, Person
from migrator.store.truth import Truth

REPORT = "check.json"


def rendered(truth: Truth, person: Person, path: Path, out: Path) -> Sequence[Checked]:
    """The files of every change into the empty or new folder `out`, and an entry in the audit.

    Raises Forbidden, MeansRefused, Refused; only a folder that fails midway leaves files behind.
    """
    truth.permit(person, Deed.PLAN_MAKE, path.name)
    found = checked(read_changes(path))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Refused(
            f"{out} 已存在且非空，应为新目录或空目录 / {out} is there and not empty; expected a new or "
            "empty folder"
        )
    report = canonical_json({"devices": [one.as_json() for one in found]})
    try:
        _write(found, report, out)
    except OSError as error:
        raise Refused(
            f"{out}: 无法写入 / can't be written: {error.strerror}; expected a folder that can be"
        ) from error
    truth.audit(
        person.name,
        "network.render",
        path.name,
        devices=[one.name for one in found],
        report=hashlib.sha256(report + b"\n").hexdigest(),
    )
    return found


def checked(told: NetworkChanges) -> list[Checked]:
    """Every change rendered and read back, in their order. Raises Refused."""
    found = [
        *map(of_device, told.devices),
        *map(of_firewall, told.firewalls),
        *map(of_name, told.names),
        *map(of_vip, told.vips),
    ]
    if bad := [one.name for one in found if one.left]:
        raise Refused(f"{bad[0]}: 回退不完整 / the rollback is not whole; please report it")
    return found


def _write(found: Sequence[Checked], report: bytes, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for one in found:
        for name, text in one.files.items():
            (out / name).write_text(text, "utf-8")
    (out / REPORT).write_bytes(report + b"\n")
