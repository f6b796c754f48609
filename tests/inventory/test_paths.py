"""The rule on folders: at the ledger's row and on the hosts it is the same one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory import paths

AGENT = Path(__file__).parents[2] / "playbooks" / "module_utils" / "qianyun_agent"
PARTS = st.sampled_from(["var", "lib", "etc", "usr", "local", "srv", "home", "a", "", ".", ".."])


def test_ledger_and_hosts_have_the_same_rule() -> None:
    assert (AGENT / "paths.py").read_text() == Path(paths.__file__).read_text()


@pytest.mark.parametrize(
    "path",
    ["/srv/a", "/srv/a/", "/opt/app", "/var/www/html", "/var/lib/app", "/etc/app", "/usr/local/app",
     "/home/app", "/usr/share/app", "/var/log/app", "/etc/sshd"],
)  # fmt: skip
def test_a_systems_own_folder(path: str) -> None:
    assert paths.fault(path) == ""


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/", "whole host"),
        ("/etc", "whole top-level"),
        ("/usr", "whole top-level"),
        ("/home", "whole top-level"),
        ("/srv/", "whole top-level"),
        ("/data", "whole top-level"),
        ("/boot", "belongs to the host"),
        ("/etc/ssh", "belongs to the host"),
        ("/usr/bin/", "belongs to the host"),
        ("/root/.ssh", "inside the host's /root"),
        ("/etc/ssh/sshd_config.d", "inside the host's /etc/ssh"),
        ("/var/lib", "contains the host's"),
        ("/usr/local", "contains the host's /usr/local/lib/qianyun"),
        ("/var/cache", "contains the host's"),
        ("//etc/", "empty parts"),
        ("/srv//a", "empty parts"),
        ("/srv/a//", "empty parts"),
        ("/srv/./a", "empty parts"),
        ("/srv/../etc", "empty parts"),
        ("srv/a", "absolute path"),
        ("/srv/a b", "absolute path"),
        ("/srv/a\n", "absolute path"),
        ("", "absolute path"),
    ],
)
def test_what_is_refused_and_why(path: str, why: str) -> None:
    zh, _, en = paths.fault(path).partition(" / ")
    assert why in en
    assert zh


@given(st.lists(PARTS, max_size=6))
def test_what_passes_is_apart_from_all_of_the_host(parts: list[str]) -> None:
    path = "/" + "/".join(parts)
    if not paths.fault(path):
        path = paths.plain(path)
        assert str(Path(path)) == path
        for one in map(Path, paths.PROTECTED):
            assert not Path(path).is_relative_to(one)
            assert not one.is_relative_to(path)
