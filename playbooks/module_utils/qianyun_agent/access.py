"""The move's key: made on the target, let in on source and gateway for one program only."""

from __future__ import annotations

import os
import pwd
import re
from pathlib import Path

from .errors import BadMove
from .files import ensure_folder, folder, set_marked_lines, write
from .link import ssh_files
from .move import Move
from .proc import PROGRAM, check

PUBLIC = r"ssh-ed25519 [A-Za-z0-9+/]{20,100}={0,3}"


def make_key(move: Move) -> str:
    """The public key; makes the pair and ssh's files on the target when they are not there."""
    private = ensure_folder(folder(move.code)) / "id_ed25519"
    if not private.exists():
        draft = private.with_name("id_ed25519.new")
        for leftover in (draft, draft.with_name("id_ed25519.new.pub")):
            leftover.unlink(missing_ok=True)
        check(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(draft)],
            doing="ssh-keygen",
            do="检查目标主机的 openssh-client / check openssh-client on the target",
        )
        draft.with_name("id_ed25519.new.pub").unlink()
        draft.replace(private)
    ssh_files(move)
    public = check(["ssh-keygen", "-y", "-f", str(private)], doing="ssh-keygen -y", do="-").strip()
    return " ".join(public.split()[:2])


def _sudoers(code: str) -> Path:
    # sudo skips names with a dot, and the last match counts: hence the name.
    return Path("/etc/sudoers.d", "zz-qianyun-" + code.replace(".", "%2e"))


def authorise(move: Move, public: str) -> bool:
    """Lets the key in for `agent port CODE` alone; returns whether anything changed."""
    if not re.fullmatch(PUBLIC, public):
        raise BadMove(
            "公钥不合规 / not a public key",
            read=repr(public),
            expected=PUBLIC,
            do="重做 presync / run presync again",
        )
    port = f"{PROGRAM} port {move.code}"
    rule = (
        f'Defaults!{PROGRAM} env_keep += "SSH_ORIGINAL_COMMAND"\n'
        f"{move.login} ALL=(root) NOPASSWD: {port}\n"
    )
    path = _sudoers(move.code)
    changed = False
    if not path.exists() or path.read_text() != rule:
        draft = folder(move.code) / "sudoers.new"
        write(draft, rule, 0o440)
        check(["visudo", "-cqf", str(draft)], doing="visudo", do="请报告此错误 / report this")
        changed = write(path, rule, 0o440)
        draft.unlink()
    user = pwd.getpwnam(move.login)
    home = Path(user.pw_dir, ".ssh")
    if not home.exists():
        home.mkdir(mode=0o700)
        os.chown(home, user.pw_uid, user.pw_gid)
    line = f'restrict,command="sudo -n {port}" {public}'
    keys = home / "authorized_keys"
    owner = "" if keys.exists() else move.login
    return set_marked_lines(keys, move.code, [line], 0o600, owner) or changed


def revoke(move: Move) -> bool:
    """Takes back what `authorise` gave; returns whether there was anything."""
    path = _sudoers(move.code)
    had = path.exists()
    if had:
        path.unlink()
    keys = Path(pwd.getpwnam(move.login).pw_dir, ".ssh", "authorized_keys")
    return set_marked_lines(keys, move.code, []) or had


def drop_key(move: Move) -> None:
    """Removes the private key and ssh's files from the target."""
    for name in ("id_ed25519", "ssh_config", "known_hosts"):
        (folder(move.code) / name).unlink(missing_ok=True)
