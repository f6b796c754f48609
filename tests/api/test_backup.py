"""Backup while others write, and a restore that takes nothing for granted."""

import io
import tarfile
import threading
from pathlib import Path

import pytest

from api.backup import LIST, backup, restore
from api.bootstrap import Qianyun
from api.errors import BadUsage
from api.settings import load
from api.supervisor import LOCK_FILE
from migrator.errors import Forbidden
from migrator.people.rights import Person, Role, local
from migrator.store.audit import first_fault

ROOT = local("root")


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, product: Qianyun) -> Qianyun:
    """The product over another, empty state folder; `product` keeps its own."""
    product.truth.now()
    monkeypatch.setenv("QIANYUN_STATE", str(tmp_path / "other"))
    return Qianyun(load())


def test_a_backup_under_load_is_of_one_moment(
    product: Qianyun, empty: Qianyun, tmp_path: Path
) -> None:
    kept = product.settings.state / "policies" / "own.toml"
    kept.parent.mkdir()
    kept.write_text("x = 1\n")
    (product.settings.state / "link").symlink_to("/etc/passwd")
    stop, written = threading.Event(), threading.Semaphore(0)

    def write() -> None:
        while not stop.is_set():
            product.truth.audit("load", "note", "x")
            written.release()

    writers = [threading.Thread(target=write) for _ in range(3)]
    for one in writers:
        one.start()
    for _ in range(30):
        written.acquire()
    saved = backup(product, tmp_path / "b.tar.gz", ROOT)
    for _ in range(10):  # nobody was stopped
        assert written.acquire(timeout=60)
    stop.set()
    for one in writers:
        one.join()
    assert saved.file.stat().st_mode & 0o077 == 0
    done = restore(empty, saved.file, ROOT)
    chain = empty.truth.audit_entries()
    assert first_fault(chain) is None
    assert 30 <= done.entries < len(product.truth.audit_entries())
    assert (chain[done.entries - 1].action, chain[-1].action) == (
        chain[done.entries - 1].action,
        "system.restore",
    )
    assert (empty.settings.state / "policies" / "own.toml").read_text() == "x = 1\n"
    assert not (empty.settings.state / "link").exists()


def test_only_who_may_takes_one(product: Qianyun, tmp_path: Path) -> None:
    viewer = Person(name="li", roles=frozenset({Role.VIEWER}))
    with pytest.raises(Forbidden):
        backup(product, tmp_path / "b.tar.gz", viewer)
    assert not (tmp_path / "b.tar.gz").exists()


def test_a_restore_never_writes_over_anything(
    product: Qianyun, empty: Qianyun, tmp_path: Path
) -> None:
    saved = backup(product, tmp_path / "b.tar.gz", ROOT)
    with pytest.raises(BadUsage):
        backup(product, saved.file, ROOT)
    with pytest.raises(BadUsage, match="holds something"):
        restore(product, saved.file, ROOT)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "state/../../evil"])
def test_names_in_a_backup_lead_nowhere(empty: Qianyun, tmp_path: Path, name: str) -> None:
    file = tmp_path / "b.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        for told in (name, LIST):
            info = tarfile.TarInfo(told)
            info.size = 2
            tar.addfile(info, io.BytesIO(b"{}"))
    with pytest.raises(BadUsage):
        restore(empty, file, ROOT)
    assert not list(tmp_path.rglob("evil"))


def test_a_changed_backup_is_refused(product: Qianyun, empty: Qianyun, tmp_path: Path) -> None:
    (product.settings.state / "own.txt").write_text("as it was")
    saved = backup(product, tmp_path / "b.tar.gz", ROOT)
    changed = tmp_path / "c.tar.gz"
    with tarfile.open(saved.file) as old, tarfile.open(changed, "w:gz") as new:
        for member in old:
            body = old.extractfile(member).read()  # type: ignore[union-attr]
            body = body.replace(b"as it was", b"as it is!")
            new.addfile(member, io.BytesIO(body))
    with pytest.raises(BadUsage, match="changed"):
        restore(empty, changed, ROOT)


def test_after_a_restore_that_failed_another_can_be_tried(
    product: Qianyun, empty: Qianyun, tmp_path: Path
) -> None:
    """The first leaves its lock in the folder, which is nothing of the state's."""
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"no backup")
    with pytest.raises(BadUsage):
        restore(empty, broken, ROOT)
    assert [one.name for one in empty.settings.state.iterdir()] == [LOCK_FILE]
    saved = backup(product, tmp_path / "b.tar.gz", ROOT)
    assert restore(empty, saved.file, ROOT).entries > 0
