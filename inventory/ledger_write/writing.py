"""Files put where they belong: each whole or not at all."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from inventory.errors import LedgerError


def write_files(contents: Mapping[Path, bytes], *, replace: bool) -> None:
    """Every file whole or not at all. Raises LedgerError when one is there already or can't be
    written."""
    there = [path for path in contents if path.exists()]
    if there and not replace:
        raise LedgerError(
            f"文件已存在，请换名或用 --replace 覆盖 / files are there already, choose another name or "
            f"give --replace: {'、'.join(map(str, there))}"
        )
    for path, data in contents.items():
        try:
            _write(path, data)
        except OSError as error:
            raise LedgerError(
                f"无法写入 {path}，请检查路径、权限与磁盘空间 / can't write {path}, check the path, "
                f"rights and disk space: {error.strerror}"
            ) from error


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".qianyun-", delete=False) as draft:
        try:
            draft.write(data)
            draft.flush()
            Path(draft.name).chmod(0o644)
            Path(draft.name).replace(path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
