"""A city's means from a TOML file, and with single values set otherwise (`--set line.X.rate=1G`).

Every mistake is told with its line, what was read and what is expected.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inventory.errors import PackError, PackFault, PackRefused
from inventory.model import Estate
from inventory.policies.faults import dotted, line_of, of_validation
from inventory.policies.loader import read_toml
from inventory.policies.places import Place
from migrator.errors import MeansRefused
from migrator.planning.means import CityMeans
from migrator.planning.means_codes import codes_in

_SHORT = {"line": ("lines", "own"), "room": ("crews", "rooms"), "cloud": ("crews", "clouds")}


def read_means(path: Path, estate: Estate) -> CityMeans:
    """The file, with every code in it known to the inventory. Raises MeansRefused with every
    mistake."""
    try:
        raw, places = read_toml(path)
    except PackRefused as refused:
        raise MeansRefused(refused.faults) from refused
    except PackError as error:
        raise MeansRefused([PackFault(path.name, 0, "—", "", _unreadable(path))]) from error
    return _means(raw, estate, path, places)


def _unreadable(path: Path) -> str:
    if path.is_dir():
        return f"是目录，应为文件 / a folder, expected a file: {path}"
    if not path.exists():
        return f"没有此文件，请检查路径 / no such file, check the path: {path}"
    return f"无法读取，请检查权限 / can't be read, check its rights: {path}"


def _means(raw: Any, estate: Estate, path: Path, places: Mapping[Place, int]) -> CityMeans:
    """Mistakes of all sorts are told together, in the order of the file."""
    faults = list(_unknown(raw, estate, path.name, places))
    try:
        means = CityMeans.model_validate(raw)
    except ValidationError as error:
        faults = [*of_validation(error, CityMeans, path, places), *faults]
        raise MeansRefused(sorted(faults, key=lambda fault: fault.line)) from error
    if faults:
        raise MeansRefused(faults)
    return means


def changed(means: CityMeans, settings: Sequence[str], estate: Estate) -> CityMeans:
    """`means` with values set otherwise: PATH=VALUE, the path as in the file; `line.X.…`, `room.X`
    and `cloud.X` for a line's own share and a crew's cutovers. Raises MeansRefused."""
    raw = means.model_dump(mode="json", by_alias=True)
    for told in settings:
        path, equals, value = told.partition("=")
        if not equals or not path.strip():
            raise _unset(told, "应为 路径=值 / expected PATH=VALUE")
        _put(raw, _path(path.strip(), told), _value(value.strip()), told)
    return _means(raw, estate, Path("--set"), {})


def _unknown(
    raw: Any, estate: Estate, file: str, places: Mapping[Place, int]
) -> Iterable[PackFault]:
    known = {kind: {one.code for one in objects} for kind, objects in estate.collections()}
    for at, kind, code in codes_in(raw):
        if code not in known[kind]:
            wanted = f"台账中没有此编号 / the inventory has none of {kind} with that code"
            yield PackFault(file, line_of(places, at), dotted(at), code, wanted)


def _path(path: str, told: str) -> list[str]:
    """A path as keys; what stands for a code in the short ones may hold dots."""
    head, _, rest = path.partition(".")
    if head not in _SHORT:
        return path.split(".")
    keys = list(_SHORT[head])
    if head != "line":
        return [*keys, rest]
    code, _, field = rest.rpartition(".")
    if not code:
        raise _unset(told, "应为 line.编号.rate|day|night / expected line.CODE.rate, day or night")
    return [*keys, code, field]


def _put(raw: Any, path: list[str], value: Any, told: str) -> None:
    for key in path[:-1]:
        raw = _into(raw, key, told)
    last = path[-1]
    if isinstance(raw, list):
        raw[_number(raw, last, told)] = value
    else:
        raw[last] = value


def _into(raw: Any, key: str, told: str) -> Any:
    if isinstance(raw, list):
        return raw[_number(raw, key, told)]
    found = raw.setdefault(key, {})
    if found is None:
        found = raw[key] = {}
    if not isinstance(found, dict | list):
        raise _unset(told, f"{key} 之下没有内容 / nothing is below {key}")
    return found


def _number(raw: list[Any], key: str, told: str) -> int:
    """Entries of a list are counted from 1."""
    if key.isdecimal() and 1 <= int(key) <= len(raw):
        return int(key) - 1
    if not raw:
        raise _unset(told, f"该表没有条目 / it has no entry: read {key}")
    zh, en = (f"1 至 {len(raw)}", f"a number from 1 to {len(raw)}") if len(raw) > 1 else ("1", "1")
    raise _unset(told, f"应为 {zh} / expected {en}: read {key}")


def _value(text: str) -> Any:
    """What stands right of the = as TOML, else as the text that it is."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _unset(told: str, why: str) -> MeansRefused:
    return MeansRefused([PackFault("--set", 0, told, "", why)])
