"""The layers hosts boot from: a base that hides what is the machine's own, one layer per workload.

A layer is a folder laid over the machine's file system by overlayfs; an *opaque* folder in it hides
what the machine has there.
"""

import grp
import os
import pwd
import stat
from collections.abc import Mapping
from pathlib import Path

from tests.lab import shell
from tests.lab.addresses import HOSTS, LOGIN

LOGIN_ID = 2000
APP_LOGIN, APP_ID = "lj", 2001
FILES = Path(__file__).with_name("files")

# Folders of the machine that its hosts must not see; they are there, and empty.
HIDDEN = (
    ("/root", 0o700),
    ("/home", 0o755),
    ("/srv", 0o755),
    ("/usr/local", 0o755),
    ("/etc/ssh", 0o755),
    ("/etc/sudoers.d", 0o750),
    ("/etc/haproxy", 0o755),
    ("/etc/keepalived", 0o755),
    ("/etc/nginx/sites-enabled", 0o755),
    ("/etc/nginx/conf.d", 0o755),
    ("/etc/postgresql", 0o755),
    ("/etc/rc2.d", 0o755),
    ("/etc/cron.d", 0o755),
    ("/var/log", 0o755),
    ("/var/tmp", 0o1777),
    ("/var/lib/postgresql", 0o755),
    ("/var/lib/mysql", 0o755),
    ("/var/lib/qianyun", 0o755),
    ("/var/lib/redis", 0o750),
    ("/var/lib/sudo", 0o711),
    ("/var/spool/cron", 0o755),
)
# What a Debian has at the top; anything else there is the machine's own affair and is hidden.
TOP = {"bin", "boot", "etc", "lib", "lib32", "lib64", "libx32", "sbin", "usr", "var"}
MOUNT_POINTS = ("dev", "proc", "run", "sys", "tmp", "mnt", "media", "opt")

SSHD_CONFIG = f"""\
Port 22
AddressFamily any
HostKey /etc/ssh/ssh_host_ed25519_key
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
KexAlgorithms curve25519-sha256
PrintMotd no
PrintLastLog no
MaxStartups 200
MaxSessions 100
AllowUsers {LOGIN}
SetEnv PATH=/usr/sbin:/usr/bin:/sbin:/bin
Subsystem sftp internal-sftp
"""
SUDOERS = f"""\
Defaults env_reset
Defaults lecture=never
Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin"
root ALL=(ALL:ALL) ALL
{LOGIN} ALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
"""


def write(layer: Path, path: str, content: str | bytes, mode: int = 0o644, owner: int = 0) -> None:
    """A file in a layer; folders on the way are made with the machine's mode and owner."""
    where = layer / path.lstrip("/")
    folders(layer, str(Path(path).parent))
    where.write_bytes(content.encode() if isinstance(content, str) else content)
    where.chmod(mode)
    os.chown(where, owner, owner)


def folders(layer: Path, path: str) -> Path:
    """Makes a folder of a layer, with those on the way to it."""
    at, machine = layer, Path("/")
    for part in Path(path).parts[1:]:
        at, machine = at / part, machine / part
        if not at.exists():
            at.mkdir(mode=0o755)
            if machine.is_dir():
                status = machine.stat()
                os.chown(at, status.st_uid, status.st_gid)
                at.chmod(status.st_mode & 0o7777)
    return at


def hide(layer: Path, path: str, mode: int) -> None:
    where = folders(layer, path)
    os.chown(where, 0, 0)
    where.chmod(mode)
    os.setxattr(where, "trusted.overlay.opaque", b"y")


def accounts(layer: Path, password: str) -> None:
    """The machine's accounts plus the login and the application's user."""
    crypted = shell.run(["openssl", "passwd", "-6", "-stdin"], password + "\n").strip()
    users = {LOGIN: (LOGIN_ID, crypted, "/bin/bash"), APP_LOGIN: (APP_ID, "!", "/usr/sbin/nologin")}
    passwd = [f"{n}:x:{i}:{i}::/home/{n}:{sh}" for n, (i, _, sh) in users.items()]
    shadow = [f"{n}:{secret}:19700:0:99999:7:::" for n, (_, secret, _) in users.items()]
    group = [f"{n}:x:{i}:" for n, (i, _, _) in users.items()]
    gshadow = [f"{n}:!::" for n in users]
    _accounts_file(layer, "/etc/passwd", passwd, 0o644)
    _accounts_file(layer, "/etc/shadow", shadow, 0o640)
    _accounts_file(layer, "/etc/group", group, 0o644)
    _accounts_file(layer, "/etc/gshadow", gshadow, 0o640)


def _accounts_file(layer: Path, path: str, added: list[str], mode: int) -> None:
    names = {line.split(":")[0] for line in added}
    kept = [line for line in Path(path).read_text().splitlines() if line.split(":")[0] not in names]
    write(layer, path, "\n".join([*kept, *added]) + "\n", mode)
    os.chown(layer / path.lstrip("/"), 0, grp.getgrnam("shadow").gr_gid if mode == 0o640 else 0)


def owner(name: str) -> tuple[int, int]:
    entry = pwd.getpwnam(name)
    return entry.pw_uid, entry.pw_gid


def build_base(layer: Path, *, public_key: str, password: str) -> None:
    """The layer that makes the machine's Debian a freshly installed host with our login."""
    layer.mkdir(parents=True)
    for path, mode in HIDDEN:
        hide(layer, path, mode)
    for entry in Path("/").iterdir():
        if entry.name in TOP or entry.is_symlink() or f"/{entry.name}" in dict(HIDDEN):
            continue
        if entry.is_dir():
            hide(layer, f"/{entry.name}", 0o755)
        else:
            os.mknod(layer / entry.name, stat.S_IFCHR, 0)  # a whiteout: the file is not there
    for name in MOUNT_POINTS:
        hide(layer, f"/{name}", 0o1777 if name == "tmp" else 0o755)
    accounts(layer, password)
    write(layer, "/etc/sudoers", SUDOERS, 0o440)
    write(layer, "/etc/ssh/sshd_config", SSHD_CONFIG)
    write(layer, "/etc/nginx/conf.d/systems.conf", "include /srv/*/conf/*.conf;\n")
    write(layer, "/etc/init.d/lj-app", (FILES / "lj-app").read_text(), 0o755)
    write(layer, "/etc/resolv.conf", "")
    names = [f"{a} {h.name}\n" for h in HOSTS for a in (h.address, h.address6)]
    write(layer, "/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n" + "".join(names))
    home = f"/home/{LOGIN}"
    write(layer, f"{home}/.ssh/authorized_keys", public_key + "\n", 0o600, LOGIN_ID)
    for path, mode in ((home, 0o755), (f"{home}/.ssh", 0o700)):
        (layer / path.lstrip("/")).chmod(mode)
        os.chown(layer / path.lstrip("/"), LOGIN_ID, LOGIN_ID)
    _logs(layer)


def _logs(layer: Path) -> None:
    for name, user, mode in (("nginx", "www-data", 0o755), ("postgresql", "postgres", 0o1775)):
        where = folders(layer, f"/var/log/{name}")
        os.chown(where, *owner(user))
        where.chmod(mode)
    for name, user in (("postgresql", "postgres"), ("mysql", "mysql"), ("redis", "redis")):
        try:
            os.chown(layer / "var/lib" / name, *owner(user))
        except KeyError:
            continue  # that server is not installed on this machine


def build_host(layer: Path, name: str, keys: Mapping[str, Path]) -> None:
    """What makes a host itself: its name and its host key."""
    layer.mkdir(parents=True)
    write(layer, "/etc/hostname", f"{name}\n")
    write(layer, "/etc/ssh/ssh_host_ed25519_key", keys[name].read_bytes(), 0o600)
    public = keys[name].with_suffix(".pub")
    write(layer, "/etc/ssh/ssh_host_ed25519_key.pub", public.read_bytes())


def enable(layer: Path, service: str, order: int) -> None:
    """The service starts when the host boots."""
    folders(layer, "/etc/rc2.d")
    (layer / "etc/rc2.d" / f"S{order:02}{service}").symlink_to(f"../init.d/{service}")
