"""What the machine must have for a lab: root, Debian's programs, one file system for them."""

import os
import shutil
from pathlib import Path

from tests.lab.addresses import PG_VERSION, SAFE_PATH
from tests.lab.errors import LabError

PACKAGES = {
    "nginx": "nginx-light",
    "haproxy": "haproxy",
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "rsync": "rsync",
    "nft": "nftables",
    "sudo": "sudo",
    "ip": "iproute2",
    "ping": "iputils-ping",
    "curl": "curl",
    "openssl": "openssl",
    "pg_ctlcluster": "postgresql",
    "sysctl": "procps",
}
FILES = {
    f"/usr/lib/postgresql/{PG_VERSION}/bin/postgres": "postgresql",
    "/usr/lib/python3/dist-packages/psycopg2": "python3-psycopg2",
}
# Hosts see the machine's root file system, and not what is mounted upon it.
WHOLE = ("/usr", "/etc", "/var", "/var/lib")


def check() -> None:
    """LabError, saying what to do, if a lab cannot be made here."""
    if os.geteuid():
        raise LabError("需要 root 权限（请用 sudo） / the lab needs root: run it with sudo")
    missing = {package for name, package in PACKAGES.items() if not _program(name)}
    missing |= {package for path, package in FILES.items() if not Path(path).exists()}
    if missing:
        names = " ".join(sorted(missing))
        raise LabError(
            f"缺少系统软件包 / the machine lacks packages, do: apt-get install -y {names}"
        )
    split = [path for path in WHOLE if os.path.ismount(path)]
    if split:
        raise LabError(
            f"{', '.join(split)} 是独立挂载，实验环境需要单一根文件系统 / mounted apart; the lab's "
            "hosts are laid over the root file system and would not see it: use another machine"
        )


def _program(name: str) -> bool:
    return shutil.which(name, path=SAFE_PATH) is not None
