"""Where NetBox is installed, by `tools/setup netbox`: in an environment of its own."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".netbox"
VENV = HOME / "venv"
STAMP = VENV / ".qianyun-setup"
VERSION = "4.7.3"
DUMP = Path(__file__).parent / "data" / f"netbox-{VERSION}-empty.sql.xz"
INSIDE = Path(__file__).parent / "inside"


class NotInstalled(RuntimeError):
    """NetBox, Redis or PostgreSQL is not there."""


def require() -> None:
    """NotInstalled where something is missing that a NetBox needs."""
    missing = [name for name in ("redis-server", "psql") if shutil.which(name) is None]
    if not STAMP.exists():
        missing.insert(0, f"NetBox {VERSION} ({VENV.relative_to(ROOT)})")
    if missing:
        raise NotInstalled(
            f"缺少 {'、'.join(missing)}，请运行 tools/setup netbox"
            f" / missing: {', '.join(missing)}; run tools/setup netbox"
        )
