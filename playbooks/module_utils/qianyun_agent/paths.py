"""Which folders a system may declare as its own: one pure rule, in two places.

The file stands in `inventory/` for the ledger's row, and the very same in the agent
(`playbooks/module_utils/qianyun_agent/`) for the hosts, which have no inventory; a test keeps
them alike. A tree is carried by `rsync --delete`, so nothing of the host may lie in it.
"""

from __future__ import annotations

import re

FORM = r"/[A-Za-z0-9._/-]{1,200}"
# Folders that belong to the host and not to a system.
PROTECTED = (
    "/bin", "/boot", "/dev", "/etc/apt", "/etc/init.d", "/etc/pam.d", "/etc/postgresql", "/etc/ssh",
    "/etc/sudoers.d", "/etc/systemd", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/root",
    "/run", "/sbin", "/sys", "/tmp", "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64",  # noqa: S108
    "/usr/libexec", "/usr/libx32", "/usr/local/lib/qianyun", "/usr/sbin", "/var/backups",
    "/var/cache/apt", "/var/lib/apt", "/var/lib/dpkg", "/var/lib/postgresql", "/var/lib/qianyun",
    "/var/lib/systemd", "/var/lock", "/var/log/journal", "/var/run", "/var/spool/cron", "/var/tmp",  # noqa: S108
)  # fmt: skip
OWN = ("系统自己的目录", "a folder of the system's own")


def plain(path: str) -> str:
    """Without one slash at its end, which says nothing."""
    return path[:-1] if path.endswith("/") and len(path) > 1 else path


def fault(path: str) -> str:
    """Why a system cannot have `path`, told as what is expected ("中文 / English"); "" if it can."""
    path = plain(path)
    if path == "/":
        return (
            f"{OWN[0]}，“/”是整台主机；没有目录请留空或填“无” / {OWN[1]}: “/” is the whole host; "
            "leave the cell empty if there is none"
        )
    if not re.fullmatch(FORM, path):
        return (
            "绝对路径，只含字母、数字和 . _ - / an absolute path of A-Z a-z 0-9 . _ - "
            "of at most 200 characters"
        )
    if any(part in ("", ".", "..") for part in path[1:].split("/")):
        return "不含空段、. 和 .. 的路径 / a path without empty parts, . and .."
    if path.count("/") < 2 and path not in PROTECTED:
        return (
            f"{OWN[0]}，{path} 是整个顶层目录，请写到其下一级 / {OWN[1]}: {path} is a whole "
            "top-level folder, name one inside it"
        )
    return overlap(path, PROTECTED)


def overlap(path: str, folders: tuple[str, ...]) -> str:
    """As `fault`: whether `path` is one of the host's `folders`, or in one, or has one in it."""
    for folder in folders:
        if path == folder:
            return f"{OWN[0]}，{path} 属于主机自身 / {OWN[1]}: {path} belongs to the host"
        if within(path, folder):
            return (
                f"{OWN[0]}，{path} 位于主机自身的 {folder} 之内 / {OWN[1]}: {path} lies inside "
                f"the host's {folder}"
            )
        if within(folder, path):
            return (
                f"{OWN[0]}，{path} 含有主机自身的 {folder} / {OWN[1]}: {path} contains "
                f"the host's {folder}"
            )
    return ""


def within(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
