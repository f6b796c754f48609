"""An example of every body and answer of the document, made of what its schema says: the examples of
fields where they are told, else the words below, defaults, and the first of what may be chosen."""

import re
from collections.abc import Callable, Mapping
from typing import Any

_REF = "#/components/schemas/"
DEEPEST = 6
"""Below, a list is empty and what may be null is null: schemas hold themselves."""

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
WORDS: Mapping[str, str] = {
    "code": "LJ-S-001",
    "system": "LJ-S-001",
    "systems": "LJ-S-001",
    "host": "LJ-H-001",
    "hosts": "LJ-H-001",
    "line": "YZ-DX-1003",
    "room": "LJ-R-01",
    "organisation": "LJ-RSJ",
    "organisations": "LJ-RSJ",
    "plan": "plan-20261124-a1b2c3",
    "run": "run-20261124-a1b2c3",
    "policy": "cangzhou-2017-157",
    "name": "人社综合业务系统",
    "title": "沧州市信息系统整合迁移",
    "title_en": "Consolidation of information systems",
    "actor": "zhang",
    "author": "zhang",
    "account": "zhang",
    "by": "zhang",
    "started_by": "zhang",
    "made_by": "zhang",
    "reason": "市人社局来函推迟一周",
    "cause": "运营商光缆割接",
    "comment": "割接期间静默",
    "detail": "应为其一：code, name / expected one of: code, name",
    "digest": DIGEST,
    "hash": DIGEST,
    "previous": DIGEST,
    "head": DIGEST,
    "sha256": DIGEST,
    "clause": "三（七）",
    "address": "10.1.2.3",
    "ipv4": "10.1.2.3",
    "ipv6": "2001:db8::3",
    "zone": "yunzhou",
    "instance": "/api/v1/plans",
    "url": "https://portal.example/",
    "label": "prometheus",
    "at": "2026-11-24T02:00:00.000+00:00",
    "again": "N-20261124-1",
    "arch": "aarch64",
    "cloud": "政务云",
    "county": "某县",
    "entry": "LJ-S-001",
    "estate": DIGEST,
    "evidence": "机房核查单 2026-11-24",
    "fact": "os",
    "field": "bandwidth",
    "file": "专线台账.xlsx",
    "kind": "files",
    "message": "见机房核查单 / see the paper of the room",
    "note": "割接当晚值守 / on duty in the night",
    "one": "LJ-S-001",
    "other": "LJ-S-002",
    "path": "/srv/app",
    "period": "2026-11",
    "plan_digest": DIGEST,
    "process": "nginx",
    "quote": "整合迁移至政务云",
    "raw": "100M",
    "receiver": "机房值班",
    "reference": "沧政办〔2017〕157号",
    "result": "0190f3a4",
    "scope": "LJ-RSJ",
    "server": "LJ-H-002",
    "client": "LJ-H-001",
    "sheet": "专线",
    "column": "带宽",
    "source": "专线台账.xlsx",
    "subject": "LJ-S-001",
    "timezone": "Asia/Shanghai",
    "unit": "条",
    "value": "100M",
    "version": "1.0.0",
    "window": "2026-11-24T22:00/2026-11-25T02:00",
}
FORMATS: Mapping[str, str] = {
    "date": "2026-11-24",
    "date-time": "2026-11-24T02:00:00+08:00",
    "time": "02:00:00",
    "uuid": "0190f3a4-6c1e-7b5a-9d2f-3a4b5c6d7e8f",
    "password": "correct horse battery",
    "ipv4": "10.1.2.3",
    "ipv6": "2001:db8::3",
}
_MOMENT = re.compile(r"(_at|^began|^ended|^begun|^until|^since|^last)$")


def exemplify(document: dict[str, Any]) -> None:
    """Put an example into every JSON body and answer that has none."""
    schemas = document["components"]["schemas"]
    for verbs in document["paths"].values():
        for operation in verbs.values():
            told = [operation.get("requestBody", {})]
            told += [a for s, a in operation["responses"].items() if s.startswith("2")]
            for media in (m for part in told for m in part.get("content", {}).items()):
                kind, content = media
                if kind == "application/json" and content.get("schema"):
                    content.setdefault("example", example(content["schema"], schemas))


def example(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    """A value that `schema` allows. `name`: of the field."""
    return _Maker(schemas).of(schema, name, DEEPEST)


class _Maker:
    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def of(self, schema: Mapping[str, Any], name: str, left: int) -> Any:
        schema = self._resolved(schema)
        if (told := _told(schema)) is not None:
            return told
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return self._chosen(choices, name, left)
        shapes: Mapping[str, Callable[[], Any]] = {
            "object": lambda: self._object(schema, left),
            "array": lambda: self._list(schema, name, left),
            "string": lambda: _text(schema, name),
            "integer": lambda: int(_number(schema)),
            "number": lambda: _number(schema),
            "boolean": lambda: schema.get("default", True),
        }
        return shapes.get(schema.get("type", ""), lambda: {} if left > 0 else None)()

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**self._schemas[schema["$ref"].removeprefix(_REF)], **beside}
        return schema

    def _chosen(self, choices: list[Mapping[str, Any]], name: str, left: int) -> Any:
        nothing = any(one.get("type") == "null" for one in choices)
        if left <= 0 and nothing:
            return None
        first = next(one for one in choices if one.get("type") != "null")
        return self.of(first, name, left)

    def _object(self, schema: Mapping[str, Any], left: int) -> dict[str, Any]:
        needed = set(schema.get("required", ()))
        return {
            name: self.of(inner, name, left - 1)
            for name, inner in schema.get("properties", {}).items()
            if left > 0 or name in needed
        }

    def _list(self, schema: Mapping[str, Any], name: str, left: int) -> list[Any]:
        least = schema.get("minItems", 0)
        if "prefixItems" in schema:
            return [self.of(one, name, left - 1) for one in schema["prefixItems"]]
        if left <= 0 and not least:
            return []
        return [self.of(schema.get("items", {}), name, left - 1)] * max(1, least)


def _told(schema: Mapping[str, Any]) -> Any:
    """What the schema itself gives as a value of its own; else None."""
    for several in ("examples", "enum"):
        if schema.get(several):
            return schema[several][0]
    if "const" in schema:
        return schema["const"]
    return schema.get("default") or None


def _number(schema: Mapping[str, Any]) -> float:
    return float(max(schema.get("minimum", 1), min(schema.get("maximum", 1), 1)))


def _text(schema: Mapping[str, Any], name: str) -> str:
    if found := FORMATS.get(schema.get("format", "")):
        return found
    told = WORDS.get(name) or (FORMATS["date-time"] if _MOMENT.search(name) else name or "…")
    pattern = schema.get("pattern")
    if pattern and not re.search(pattern, told):
        told = next((one for one in (*WORDS.values(), "") if re.search(pattern, one)), told)
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    told = told.ljust(least, "…")
    return told if most is None else told[:most]
