"""The documents keep their word: commands, settings, both languages, nothing of one machine."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from api.settings import SECRETS, Settings

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh.md")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands(readme: str) -> list[list[str]]:
    """The words of each `qianyun …` line of the code blocks, without arguments in capitals."""
    return [
        [word for word in line.split("#")[0].split()[1:] if word.islower()]
        for line in text(readme).splitlines()
        if line.startswith("qianyun ")
    ]


@pytest.mark.parametrize("readme", READMES)
def test_first_screen_has_both_commands(readme: str) -> None:
    screen = "\n".join(text(readme).splitlines()[:24])
    assert re.search(r"^make demo\b", screen, re.MULTILINE)
    assert re.search(r"^make test\b", screen, re.MULTILINE)


def test_readmes_are_in_step() -> None:
    """Same headings by level, same tables by rows, same commands, same settings."""

    def outline(readme: str) -> list[str]:
        lines = text(readme).splitlines()
        return [line.split()[0] for line in lines if re.match(r"(#+ |\| |```|- )", line)]

    assert outline("README.md") == outline("README.zh.md")
    assert commands("README.md") == commands("README.zh.md")


@pytest.mark.parametrize("readme", READMES)
def test_readme_names_every_setting_with_its_default(readme: str) -> None:
    rows = dict(
        re.findall(r"^\| `QIANYUN_(\w+)`(?: †)? \| ([^|]+?) \|", text(readme), re.MULTILINE)
    )
    assert {name.lower() for name in rows} == set(Settings.model_fields)
    for name, default in rows.items():
        field = Settings.model_fields[name.lower()]
        if re.fullmatch("`[^`]+`", default) and not field.is_required():
            assert default == f"`{field.default}`", name


def test_readme_marks_what_may_be_a_file() -> None:
    marked = re.findall(r"^\| `QIANYUN_(\w+)` † \|", text("README.md"), re.MULTILINE)
    assert {name.lower() for name in marked} == SECRETS


def test_commands_of_the_readme_exist() -> None:
    from api.cli.main import app

    root = typer.main.get_command(app)
    for words in commands("README.md"):
        command = root
        for word in (w for w in words if not w.startswith("-")):
            within = getattr(command, "commands", None)
            if within is None:
                break  # a plain command: what follows is for it
            assert word in within, f"qianyun {' '.join(words)}"
            command = within[word]


@pytest.mark.parametrize(
    "target", ["setup", "check", "test", "demo", "bench", "chaos", "up", "netbox"]
)
def test_targets_of_the_makefile(target: str) -> None:
    assert re.search(rf"^{target}:.*## .+ / .+$", text("Makefile"), re.MULTILINE)


def tracked() -> Iterator[Path]:
    # sudo's root may read a checkout that is another user's: git asks to be told so.
    argv = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return (path for path in paths if path.is_file())


def test_links_between_documents_lead_somewhere() -> None:
    for path in tracked():
        if path.suffix == ".md":
            for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_no_index_and_no_path_of_a_machine() -> None:
    """What we write names no package index and no folder of a machine it was written on.

    uv.lock is let pass: uv writes it, with the public index's name and addresses in it.
    """
    hosts = [
        r"\.".join(parts)
        for parts in (
            ("pypi", "org"),
            ("files", "pythonhosted", "org"),
            ("registry", "npmjs", "org"),
            ("pypi", "tuna", "tsinghua"),
            ("mirrors", "aliyun"),
        )
    ]
    # Spelt apart, so that this file does not find itself.
    folders = [re.escape(str(ROOT)), "/work/" + "(main|shared)", "/opt/" + "(pypi|wheels)"]
    pattern = re.compile(rf"({'|'.join(hosts)}|(?<![\w./-])({'|'.join(folders)})(?![\w-]))")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in tracked()
        if path.name != "uv.lock"
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1
        )
        if pattern.search(line)
    ]
    assert found == []
