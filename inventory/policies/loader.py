"""Files of policies into packs: the shipped ones, a city's own, and what they inherit.

    pack = load("cangzhou-2017-157")
    pack = load_file(Path("清河市.toml"))          # raises PackRefused with every mistake, by line

A file that inherits is laid over the policy above before it is checked: an entry with the id of one
above takes that one's keys where it has none of its own.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError

from inventory.errors import PackError, PackFault, PackRefused
from inventory.policies.comparing import QUOTES, compared
from inventory.policies.faults import line_of, of_validation
from inventory.policies.pack import KINDS, LEVELS, Pack
from inventory.policies.partial import faults_of_the_rest
from inventory.policies.places import Place, lines_of
from inventory.policies.review import review

_MAX_DEPTH = 8
_AT_LINE = re.compile(r"at line (\d+)")
_LISTS = (*KINDS, "phases", "consequences", "organisations", "instruments", "defects")
_KEYS = {
    **dict.fromkeys((*KINDS, "phases", "consequences", "instruments"), "id"),
    "organisations": "name",
}


@cache
def shipped() -> Mapping[str, Path]:
    """Id → file of the policies that come with the product."""
    folder = Path(str(files("inventory.policies")))
    return MappingProxyType({path.stem: path for path in sorted(folder.glob("*.toml"))})


def available(folders: Sequence[Path] = ()) -> Mapping[str, Path]:
    """Id → file: the shipped policies, and a city's own over them."""
    found = dict(shipped())
    for folder in folders:
        found |= {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return found


def load(named: str, folders: Sequence[Path] = ()) -> Pack:
    """The policy with that id. Raises PackError where there is none, PackRefused."""
    known = available(folders)
    if named not in known:
        raise PackError(
            f"没有此政策 / no such policy: read {named}, expected one of: {'、'.join(known)}"
        )
    return load_file(known[named], folders)


def load_file(path: Path, folders: Sequence[Path] = (), *, compare: bool = False) -> Pack:
    """The policy in that file. `compare`: its quotes with the text that `source_file` names, beside
    it. Raises PackRefused with all its mistakes, PackError where it can't be read."""
    layered = _layered(path, (path.parent, *folders), ())
    places = layered.places
    others = [
        *_waived_in_vain(layered, path),
        *(compared(layered.raw, path, places, layered.inherited) if compare else ()),
    ]
    try:
        pack = Pack.model_validate(layered.raw)
    except ValidationError as error:
        faults = of_validation(error, Pack, path, places)
        rest = faults_of_the_rest(layered.raw, _LISTS, error, path, places)
        raise PackRefused(faults + rest + others) from error
    faults = [*review(pack, path, places), *others]
    if pack.id != path.stem:
        wanted = f"应与文件名一致 / expected the file's name: {path.stem}"
        faults.append(PackFault(path.name, line_of(places, ("id",)), "id", pack.id, wanted))
    if faults:
        raise PackRefused(faults)
    return pack


def _waived_in_vain(layered: "_Layer", path: Path) -> list[PackFault]:
    """What a file takes back and the policies above don't have."""
    wanted = "、".join(sorted(layered.above)) or "—"
    return [
        PackFault(
            path.name,
            line_of(layered.places, ("waives", number, "id")),
            f"waives[{number + 1}].id",
            str(entry["id"]),
            f"上级政策没有此条目，应为 / the policy above has no such entry, expected one of: {wanted}",
        )
        for number, entry in enumerate(_tables(layered.raw.get("waives")))
        if entry.get("id") is not None and entry["id"] not in layered.above
    ]


def read_toml(path: Path) -> tuple[dict[str, Any], Mapping[Place, int]]:
    """A TOML file and the lines of what it holds. Raises PackError, PackRefused."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        wanted = "应为 UTF-8 文字 / expected text in UTF-8"
        raise PackRefused([PackFault(path.name, line, "—", "", wanted)]) from error
    except OSError as error:
        raise PackError(
            f"无法读取政策文件 / a policy's file can't be read: {path}: {error.strerror}"
        ) from error
    text = text.replace("\r\n", "\n")
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except RecursionError as error:
        wanted = "嵌套过深 / nested too deep"
        raise PackRefused([PackFault(path.name, 1, "—", "", wanted)]) from error
    except tomllib.TOMLDecodeError as error:
        told = _AT_LINE.search(str(error))  # the error has no line of its own before Python 3.14
        line = int(told[1]) if told else text.count("\n") + 1
        wanted = f"不是 TOML / no TOML: {error}"
        raise PackRefused([PackFault(path.name, line, "—", "", wanted)]) from error
    return raw, lines_of(text)


@dataclass
class _Layer:
    raw: dict[str, Any]
    places: dict[Place, int] = field(default_factory=dict)
    above: frozenset[str] = frozenset()  # ids of the entries of the policies above
    inherited: set[Place] = field(default_factory=set)  # of quotes that are words of a text above


def _layered(path: Path, folders: Sequence[Path], below: tuple[str, ...]) -> _Layer:
    """A file's own content over that of the policy above it."""
    raw, places = read_toml(path)
    own = _Layer(raw, dict(places))
    for kind in _LISTS:
        for entry in _tables(raw.get(kind)):
            if kind in KINDS:
                entry.setdefault("of", raw.get("id", path.stem))
    above = raw.get("inherits")
    if not isinstance(above, str):
        return own
    at = line_of(places, ("inherits",))
    known = available(folders)
    if above in below or above == path.stem or len(below) > _MAX_DEPTH:
        wanted = "政策互相继承 / policies inherit from each other"
        raise PackRefused([PackFault(path.name, at, "inherits", above, wanted)])
    if above not in known:
        wanted = f"没有此政策，应为 / no such policy, expected one of: {'、'.join(known)}"
        raise PackRefused([PackFault(path.name, at, "inherits", above, wanted)])
    higher = _layered(known[above], folders, (*below, path.stem))
    ranks = [LEVELS.index(level) for r in (raw, higher.raw) if (level := r.get("level")) in LEVELS]
    if len(ranks) == 2 and ranks[0] < ranks[1]:  # what is no level at all is told elsewhere
        level = higher.raw["level"]
        wanted = (
            f"只能继承上级或同级的政策，该政策级别为 {level} / a policy inherits one of its own level or "
            f"of one above, and this is of a {level}"
        )
        raise PackRefused([PackFault(path.name, at, "inherits", above, wanted)])
    return _over(own, higher)


def _over(own: _Layer, above: _Layer) -> _Layer:
    """`own` over `above`. A mistake in what is inherited is shown at the line that inherits."""
    laid = _Layer(
        {**own.raw},
        {p: n for p, n in own.places.items() if p[:1] not in _places_of_lists},
        frozenset(str(e.get("id")) for kind in KINDS for e in _tables(above.raw.get(kind))),
    )
    at = own.places.get(("inherits",), 1)
    waived = {entry.get("id") for entry in _tables(own.raw.get("waives"))}
    for kind in _LISTS:
        mine = _keyed(own.raw.get(kind), _KEYS.get(kind, ""))
        entries: list[dict[str, Any]] = []
        for entry in _tables(above.raw.get(kind)):
            key = entry.get(_KEYS.get(kind, ""))
            if kind in KINDS and key in waived:
                continue
            number, over = mine.pop(key, (None, {})) if key else (None, {})
            here = (kind, len(entries))
            _place(laid, own, here, number=number, at=at)
            laid.inherited |= {(*here, key) for key in QUOTES if key in entry and key not in over}
            # an entry that quotes nothing of its own still quotes the text above
            origin = {"of": entry["of"]} if kind in KINDS and "quote" not in over else {}
            entries.append({**entry, **over, **origin})
        rest = own.raw.get(kind) if kind not in _KEYS else [e for _, e in mine.values()]
        numbers = [n for n, _ in mine.values()] if kind in _KEYS else range(len(_tables(rest)))
        for number, entry in zip(numbers, _tables(rest), strict=True):
            _place(laid, own, (kind, len(entries)), number=number, at=at)
            entries.append(entry)
        if entries:
            laid.raw[kind] = entries
    return laid


_places_of_lists = {(kind,) for kind in _LISTS}


def _place(laid: _Layer, own: _Layer, to: tuple[str, int], *, number: int | None, at: int) -> None:
    """Lines of an entry of `own` under its new number; `at` where it is inherited whole."""
    laid.places[to] = at
    if number is not None:
        for place, line in own.places.items():
            if place[:2] == (to[0], number):
                laid.places[(*to, *place[2:])] = line


def _keyed(value: Any, key: str) -> dict[Any, tuple[int, dict[str, Any]]]:
    """Entries by their key; one told twice is kept twice, to be refused later."""
    found: dict[Any, tuple[int, dict[str, Any]]] = {}
    for number, entry in enumerate(_tables(value)):
        named = entry.get(key)
        found[named if named and named not in found else number] = (number, entry)
    return found


def _tables(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def validated[M: BaseModel](model: type[M], path: Path) -> tuple[M, Mapping[Place, int]]:
    """A TOML file as `model`, with the lines of what it holds. Raises PackError, PackRefused."""
    raw, places = read_toml(path)
    try:
        return model.model_validate(raw), places
    except ValidationError as error:
        raise PackRefused(of_validation(error, model, path, places)) from error
