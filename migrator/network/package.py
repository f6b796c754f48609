"""Commands of each device as files, rendered and read back by the checker. Nothing is sent."""

import hashlib
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from inventory.canonical import canonical_json
from migrator.errors import Refused
from migrator.network.change_list import DeviceChanges, read_changes
from migrator.network.changes import Change, CloseExit, EnableIPv6
from migrator.network.checker import State, differences, follow
from migrator.network.devices import Rendered, Vendor, render
from migrator.people.rights import Deed, Person
from migrator.store.truth import Truth

REPORT = "check.json"


@dataclass(frozen=True)
class Checked:
    """A device's commands. `left`: what the rollback does not bring back; empty is right."""

    name: str
    vendor: Vendor
    changes: int
    commands: Rendered
    left: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Names of files, their SHA-256, and what the checker found."""
        texts = {"forward": self.commands.forward, "rollback": self.commands.back}
        return {
            "device": self.name,
            "vendor": str(self.vendor),
            "changes": self.changes,
            "files": {
                f"{self.name}.{part}.txt": hashlib.sha256(text.encode()).hexdigest()
                for part, text in texts.items()
            },
            "not_rolled_back": list(self.left),
            "run_on_a_device": False,
        }


def checked(device: DeviceChanges) -> Checked:
    """Renders all changes, and follows them there and back. Raises Refused."""
    parts = [render(device.vendor, change) for change in device.changes]
    commands = Rendered(
        forward="".join(part.forward for part in parts),
        back="".join(part.back for part in reversed(parts)),
    )
    before = State()
    for change in device.changes:
        _before(change, before)
    after = deepcopy(before)
    for part in parts:
        follow(device.vendor, part.forward, after)
    for part in reversed(parts):
        follow(device.vendor, part.back, after)
    left = tuple(differences(before, after))
    return Checked(device.name, device.vendor, len(parts), commands, left)


def _before(change: Change, state: State) -> None:
    """What a change says that the device is set to before it."""
    port = change.interface.name
    if isinstance(change, CloseExit):
        state.gateways.add(str(change.gateway))
    elif isinstance(change, EnableIPv6):
        if change.enabled:
            state.enabled.add(port)
    else:
        state.addresses[port] = str(change.old)


def rendered(truth: Truth, person: Person, path: Path, out: Path) -> Sequence[Checked]:
    """The files of every device into the empty or new folder `out`, and an entry in the audit.

    Raises Forbidden, MeansRefused, Refused; only a folder that fails midway leaves files behind.
    """
    truth.permit(person, Deed.PLAN_MAKE, path.name)
    found = [checked(device) for device in read_changes(path)]
    if bad := [one.name for one in found if one.left]:
        raise Refused(f"{bad[0]}: 回退不完整 / the rollback is not whole; please report it")
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


def _write(found: Sequence[Checked], report: bytes, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for one in found:
        (out / f"{one.name}.forward.txt").write_text(one.commands.forward, "utf-8")
        (out / f"{one.name}.rollback.txt").write_text(one.commands.back, "utf-8")
    (out / REPORT).write_bytes(report + b"\n")
