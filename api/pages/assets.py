"""Files that pages load, under names with a hash of their content: kept for a year, never stale.

Everything is served from here: a government network has no internet (design.md, "Air-gapped").
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "assets"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
FILES = {
    "site.css": "site.css",
    "app.js": "app.js",
    "live.js": "live.js",
    "topology.js": "topology.js",
    "htmx.js": "vendor/htmx-2.0.11.min.js",
    "echarts.js": "vendor/echarts-6.1.0.min.js",
}
"""Names in templates → files; pinned versions stand in the files' names, licences beside them."""


@dataclass(frozen=True)
class Asset:
    """`packed`: the same, gzipped once rather than at each request."""

    name: str
    body: bytes
    packed: bytes
    type: str


@cache
def assets() -> dict[str, Asset]:
    """Every file by its hashed name."""
    return {asset.name: asset for asset in map(_read, FILES)}


@cache
def url_of(name: str) -> str:
    """Where a template finds a file. KeyError for one that does not ship."""
    return f"/assets/{_read(name).name}"


@cache
def _read(name: str) -> Asset:
    path = FOLDER / FILES[name]
    body = path.read_bytes()
    mark = hashlib.sha256(body).hexdigest()[:12]
    stem = name.removesuffix(path.suffix)
    packed = gzip.compress(body, 6, mtime=0)
    return Asset(f"{stem}.{mark}{path.suffix}", body, packed, TYPES[path.suffix])
