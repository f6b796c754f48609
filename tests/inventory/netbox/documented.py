"""The generated tables of docs/netbox.md. `python -m tests.inventory.netbox.documented` writes them.

Each stands between `<!-- NAME -->` and `<!-- end -->`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from inventory.netbox.mapping import KEPT, MAPPING, OURS
from inventory.netbox.permissions import GRANTS, ON_IT
from inventory.netbox.schema import FIELDS

PATH = Path(__file__).resolve().parents[3] / "docs/netbox.md"
OWN = {field.name for field in FIELDS}
_BLOCK = r"(<!-- {name} -->\n).*?(<!-- end -->)"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def mapping() -> str:
    rows = []
    for m in MAPPING:
        held = "<br>".join(
            f"`{object_type}` {'自定义字段 / custom field ' if name in OWN else ''}`{name}`"
            for object_type, name in m.held
        )
        rows.append((f"`{m.collection}.{m.field}`", held, m.note))
    rows += [(f"`{kind}`", OURS, why) for kind, why in KEPT.items()]
    return _table(("资产字段 / estate", "NetBox", "说明 / note"), rows)


def fields() -> str:
    rows = (
        (f"`{f.name}`", f.type, f.label, f.description, " ".join(f"`{t}`" for t in f.object_types))
        for f in FIELDS
    )
    return _table(
        ("字段 / field", "类型 / type", "标签", "English", "对象类型 / object types"), rows
    )


def permissions() -> str:
    rows = []
    for grant in GRANTS:
        if grant.actions == ("delete",):
            continue
        types = " ".join(f"`{t}`" for t in grant.object_types)
        rule = f"`{json.dumps(dict(grant.constraint))}`" if grant.constraint else ""
        rows.append((" ".join(grant.actions), types, rule))
    for grant in (g for g in GRANTS if g.actions == ("delete",)):
        (kind,) = grant.object_types
        empty = ", ".join(f"`{name}`" for name in ON_IT.get(kind, ())) or "—"
        rows.append(
            ("delete", f"`{kind}`", f"编号已填，且下列为空 / with a code, and empty: {empty}")
        )
    return _table(("动作 / actions", "对象类型 / object types", "条件 / only where"), rows)


TABLES = {"mapping": mapping, "fields": fields, "permissions": permissions}


def blocks(text: str) -> Mapping[str, str]:
    """name → what stands in its block."""
    found = {}
    for name in TABLES:
        match = re.search(_BLOCK.format(name=name), text, re.DOTALL)
        assert match, f"docs/netbox.md has no block {name}"
        found[name] = match[0].removeprefix(match[1]).removesuffix(match[2])
    return found


def written(text: str) -> str:
    """`text` with its tables made anew."""
    for name, made in TABLES.items():
        start, end = f"<!-- {name} -->\n", "<!-- end -->"
        before, _, rest = text.partition(start)
        text = before + start + made() + end + rest.partition(end)[2]
    return text


if __name__ == "__main__":
    PATH.write_text(written(PATH.read_text(encoding="utf-8")), encoding="utf-8")
