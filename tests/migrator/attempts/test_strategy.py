"""Which strategy is used, what it tells ansible-playbook, and that nothing is exchanged silently."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from migrator.attempts.ansible import _Gathered
from migrator.attempts.strategy import Choice, Strategy, choose, interpreter, settings

HERE = {"ansible-core": "2.21.5", "mitogen": "0.3.54"}


def test_plain_needs_nothing() -> None:
    assert choose(Strategy.PLAIN, {}.__getitem__) == Choice(Strategy.PLAIN)


def test_mitogen_is_used_with_the_releases_it_was_made_for() -> None:
    assert choose(Strategy.MITOGEN, HERE.__getitem__) == Choice(Strategy.MITOGEN)
    assert choose(Strategy.MITOGEN).strategy is Strategy.MITOGEN  # as this project locks them


@pytest.mark.parametrize(
    ("package", "found"),
    [
        ("ansible-core", "2.22.0b1"),
        ("ansible-core", "2.18.11"),
        ("mitogen", "0.4.0"),
        ("mitogen", "0.3.53"),
    ],
)
def test_with_another_release_plain_does_it_and_the_log_says_why(package: str, found: str) -> None:
    choice = choose(Strategy.MITOGEN, (HERE | {package: found}).__getitem__)
    assert choice.strategy is Strategy.PLAIN
    assert f"读到 {package} {found}；应为 {package} ≥" in choice.why
    assert f"read {package} {found}; expected {package} ≥" in choice.why
    lines: list[dict[str, str]] = []
    gathered = _Gathered(lines.append, lambda: "now", ())
    gathered.chosen(choice)
    gathered.event({"event": "playbook_on_start"})
    assert [line["text"] for line in lines if line["event"] == "strategy"] == [choice.why]


def test_without_mitogen_plain_does_it() -> None:
    def installed(package: str) -> str:
        if package == "mitogen":
            raise PackageNotFoundError(package)
        return HERE[package]

    choice = choose(Strategy.MITOGEN, installed)
    assert choice.strategy is Strategy.PLAIN
    assert "mitogen 未安装；" in choice.why
    assert "mitogen is not installed; " in choice.why


def test_sockets_of_both_are_in_the_attempts_short_folder() -> None:
    short = Path("/tmp/.qy-0")
    told = {one: settings(one, Path("/plugins"), short) for one in Strategy}
    assert told[Strategy.PLAIN]["ANSIBLE_SSH_CONTROL_PATH_DIR"] == str(short)
    assert told[Strategy.MITOGEN]["TMPDIR"] == str(short)


def test_an_attempts_name_is_one_word_of_the_interpreter() -> None:
    assert interpreter("R-1-a7") == "/usr/bin/env QIANYUN_ATTEMPT=R-1-a7 /usr/bin/python3"
    assert interpreter("a b;c").split("QIANYUN_ATTEMPT")[1] == "=a b;c' /usr/bin/python3"
