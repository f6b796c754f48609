"""The order to go back: what is sent, and that nothing which goes wrong with it is more than a line."""

import json
from pathlib import Path
from typing import Any

import pytest

from migrator.attempts import at_once

INVENTORY: dict[str, Any] = {
    "all": {
        "vars": {
            "ansible_user": "qianyun",
            "ansible_ssh_private_key_file": "/keys/login",
            "ansible_ssh_common_args": "-o UserKnownHostsFile=/a/known_hosts -o ConnectTimeout=10",
        },
        "children": {
            "target": {"hosts": {"H-2": {"ansible_host": "10.0.0.2", "ansible_port": 2222}}}
        },
    }
}
SECRETS = {at_once.PASSWORD: "pa ss"}


def marked(code: str) -> dict[str, Any]:
    return {"move": {"system": {"__ansible_unsafe": code}}}


def speaking(folder: Path, monkeypatch: pytest.MonkeyPatch, says: str, code: int = 0) -> Path:
    """A program `ssh` first on the PATH that notes its words and input, says something and ends."""
    noted = folder / "noted"
    program = folder / "ssh"
    program.write_text(
        f"#!/bin/sh\nprintf '%s\\n' \"$@\" >{noted}\ncat >>{noted}\n"
        f"echo 'no way' >&2\ncat <<'END'\n{says}\nEND\nexit {code}\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return noted


def test_one_ssh_to_the_target_with_the_password_on_its_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = speaking(tmp_path, monkeypatch, json.dumps({"token": 7, "attached": False}))
    told = at_once.order_back(INVENTORY, marked("LJ-S-002"), 7, SECRETS)
    assert "已下达" in told
    words = noted.read_text().splitlines()
    assert words[-3:] == [
        "10.0.0.2",
        f"sudo -S -p '' -- {at_once.PROGRAM} order lj-s-002 7",
        "pa ss",
    ]
    assert "UserKnownHostsFile=/a/known_hosts" in words
    assert words[words.index("-p") + 1] == "2222"


@pytest.mark.parametrize(
    ("says", "code", "expected"),
    [
        ("{}", 0, "nothing to roll back"),
        ("", 0, "not understood"),
        ("[]", 255, "exit 255 no way"),
    ],
)
def test_what_goes_wrong_is_left_to_ansible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, code: int, expected: str
) -> None:
    speaking(tmp_path, monkeypatch, says, code)
    assert expected in at_once.order_back(INVENTORY, marked("LJ-S-002"), 7, SECRETS)


@pytest.mark.parametrize("variables", [{}, {"move": "x"}, marked("a; reboot"), marked("../x")])
def test_nothing_is_sent_without_a_systems_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, Any]
) -> None:
    noted = speaking(tmp_path, monkeypatch, "{}")
    assert "not sent" in at_once.order_back(INVENTORY, variables, 7, SECRETS)
    assert not noted.exists()
