"""Real attempts: the process, ansible-runner and Ansible itself, with playbooks for this machine."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from migrator.attempts.ansible import Order, Outcome, _each_text, _Gathered
from migrator.attempts.attempt import LOG, OUTCOME, read_outcome
from migrator.attempts.crew import sockets_of
from migrator.attempts.move import unsafe
from migrator.attempts.processes import Pen, start_python
from migrator.attempts.strategy import Strategy

UPPER = 120.0
PLAIN = f"Geheim-{secrets.token_hex(8)}"
AWKWARD = f'gehe"im\\密{secrets.token_hex(8)}'  # JSON spells it in another way
SECRETS = {"QIANYUN_BECOME_PASSWORD": PLAIN, "QIANYUN_REPLICATION_PASSWORD": AWKWARD}
SPELLINGS = [
    form.encode()
    for secret in SECRETS.values()
    for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
]

MODULE = """
import os
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule({"verb": {"type": "str"}}, supports_check_mode=True)
told = [os.environ.get(n, "") for n in ("QIANYUN_BECOME_PASSWORD", "QIANYUN_REPLICATION_PASSWORD")]
module.exit_json(changed=True, qianyun={"verb": module.params["verb"], "told": told, "ms": 1.5})
"""

SCAN = """
import json, os, sys
from pathlib import Path
secret = os.environ["QIANYUN_BECOME_PASSWORD"].encode()
found = {"cmdline": [], "environ": []}
for entry in Path("/proc").iterdir():
    for kind in found:
        try:
            if entry.name.isdigit() and secret in (entry / kind).read_bytes():
                argv = (entry / "cmdline").read_bytes().split(b"\\0")
                found[kind].append([word.decode() for word in argv if word])
        except OSError:
            pass
Path(sys.argv[1]).write_text(json.dumps(found))
"""

ALL_WELL = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Evidence
      qianyun: {verb: "{{ move.name }}"}
    - name: "Said in the name: {{ move.name }}"
      ansible.builtin.debug: {msg: "{{ lookup('env', 'QIANYUN_BECOME_PASSWORD') }}"}
    - name: Said inside JSON
      ansible.builtin.debug: {msg: {deep: "{{ lookup('env', 'QIANYUN_REPLICATION_PASSWORD') }}"}}
    - name: Who knows the secret
      ansible.builtin.command: {argv: [PYTHON, SCAN, FOUND]}
"""

FAILING = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Rescued
      block:
        - ansible.builtin.fail: {msg: only for a moment}
      rescue:
        - ansible.builtin.debug: {msg: "saved"}
    - name: Ignored
      ansible.builtin.fail: {msg: nobody minds}
      ignore_errors: true
    - name: The end
      ansible.builtin.fail:
        msg: "read {{ lookup('env', 'QIANYUN_BECOME_PASSWORD') }}, expected 密码; set it"
      when: token > 1
"""

CHANGING = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Touch
      ansible.builtin.copy: {content: "x", dest: FOUND, mode: "0600"}
"""

HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


class Bench:
    """Runs a playbook as an attempt in a folder of its own."""

    def __init__(self, root: Path, strategy: Strategy) -> None:
        self.root = root
        self.strategy = strategy
        self.folder = root / "attempt"
        self.folder.mkdir(mode=0o700)
        (root / "library").mkdir()
        (root / "library" / "qianyun.py").write_text(MODULE)
        (root / "scan.py").write_text(SCAN)

    @property
    def found(self) -> Path:
        return self.root / "found"

    def run(self, playbook: str, *, host: dict[str, Any] | None = None, **fields: Any) -> Outcome:
        path = self.root / "play.yml"
        if playbook:
            text = playbook.replace("PYTHON", sys.executable)
            text = text.replace("SCAN", str(self.root / "scan.py"))
            path.write_text(text.replace("FOUND", str(self.found)))
        name = f"t{secrets.token_hex(6)}"
        move = {"name": f"{{{{ lookup('pipe', 'touch {self.root}/pwned') }}}} $(touch pwned); `id`"}
        known: dict[str, Any] = {
            "attempt": name,
            "token": 7,
            "folder": str(self.folder),
            "sockets": str(sockets_of(name)),
            "playbook": str(path),
            "variables": unsafe({"move": move}) | {"token": 7},
            "inventory": {"all": {"hosts": {"here": host or HERE}}},
            "known_hosts": "",
            "secrets": SECRETS,
            "strategy": self.strategy,
        }
        order = Order(**known | fields)
        pen = Pen.make(name)
        env = {"HOME": str(self.folder)}
        process = start_python("migrator.attempts.attempt", pen, env, self.folder / "stderr.log")
        try:
            process.communicate(order.model_dump_json(), UPPER)
        finally:
            pen.empty(UPPER)
        outcome = read_outcome(self.folder)
        assert outcome is not None, (self.folder / "stderr.log").read_text()
        assert process.returncode == 0
        self.expect_no_secret()
        self.expect_no_socket(sockets_of(name))
        assert not [line for line in self.log() if line["event"] == "strategy"]
        return outcome

    def expect_no_secret(self) -> None:
        files = [p for p in self.folder.rglob("*") if p.is_file()]
        assert {LOG, OUTCOME} <= {p.name for p in files}
        for path in files:
            content = path.read_bytes()
            assert not [s for s in SPELLINGS if s in content], path

    def expect_no_socket(self, sockets: Path) -> None:
        """None in the attempt's folder, and what Mitogen's multiplexer listened on is gone."""
        assert not [p for p in self.folder.rglob("*") if p.is_socket()]
        assert not [p for p in sockets.iterdir() if p.name.startswith("mitogen")]
        rmtree(sockets)

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / LOG).read_text().splitlines()]


@pytest.fixture(params=[Strategy.PLAIN])
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Bench:
    return Bench(tmp_path, request.param)


both = pytest.mark.parametrize(
    "bench",
    [Strategy.PLAIN, pytest.param(Strategy.MITOGEN, marks=pytest.mark.slow)],
    indirect=True,
)


@both
def test_all_well(bench: Bench) -> None:
    outcome = bench.run(ALL_WELL)
    assert outcome.ok
    assert (outcome.message, outcome.failures) == ("", ())
    assert outcome.tasks == 4
    # what people wrote stays text
    told = outcome.evidence[0]
    assert (
        told["verb"] == f"{{{{ lookup('pipe', 'touch {bench.root}/pwned') }}}} $(touch pwned); `id`"
    )
    assert not list(bench.root.rglob("pwned"))
    assert told["host"] == "here"
    assert told["ms"] == 1.5
    # secrets are masked wherever a program on a host prints them
    assert told["told"] == ["******", "******"]
    said = "\n".join(line["text"] for line in bench.log())
    assert said.count("******") >= 2
    # no process was told a secret in its words; only Ansible and what it runs have it as environment
    knows = json.loads(bench.found.read_text())
    assert knows["cmdline"] == []
    assert knows["environ"]
    assert not [argv for argv in knows["environ"] if "migrator.attempts.attempt" in argv]


@both
def test_a_failed_task_is_told_and_a_rescued_one_is_not_held_against_the_playbook(
    bench: Bench,
) -> None:
    outcome = bench.run(FAILING)
    assert not outcome.ok
    assert "here: read ******, expected 密码; set it" in outcome.message
    assert outcome.failures[-1].task == "The end"
    assert "nobody minds" not in outcome.message


def test_a_playbook_that_saved_itself_is_well(bench: Bench) -> None:
    outcome = bench.run(FAILING, variables={"token": 0})
    assert outcome.ok
    assert (outcome.message, outcome.failures) == ("", ())


@both
def test_an_unreachable_host(bench: Bench) -> None:
    outcome = bench.run(CHANGING, host={"ansible_host": "127.0.0.1", "ansible_port": 1})
    assert not outcome.ok
    assert "here:" in outcome.message
    assert "refused" in outcome.message
    assert not bench.found.exists()


@both
def test_check_mode_counts_changes_and_makes_none(bench: Bench) -> None:
    outcome = bench.run(CHANGING, check=True)
    assert outcome.ok
    assert outcome.changed == 1
    assert not bench.found.exists()


@pytest.mark.parametrize("playbook", ["- hosts: all\n  tasks: {", "- hosts: nobody\n"])
def test_a_playbook_that_cannot_be_run_says_why(bench: Bench, playbook: str) -> None:
    outcome = bench.run(playbook)
    assert not outcome.ok
    assert ("no task was run" if "nobody" in playbook else "play.yml") in outcome.message


def test_masking_takes_longer_secrets_first_and_keeps_the_shape() -> None:
    gathered = _Gathered(lambda line: None, lambda: "now", ("ab", "abc", ""))
    assert gathered._clean("abc ab xabcx") == "****** ****** x******x"
    body = {"a": ["abc", 1, None, {"ab": True}], "b": 2.5}
    assert _each_text(body, gathered._clean) == {
        "a": ["******", 1, None, {"******": True}],
        "b": 2.5,
    }


def test_secrets_reach_the_program_by_memory_alone(tmp_path: Path) -> None:
    """`secret_env` becomes the program; nothing of it stays behind."""
    memory = os.memfd_create("test")
    os.write(memory, json.dumps(SECRETS).encode())
    done = subprocess.run(
        [sys.executable, "-m", "migrator.attempts.secret_env", f"/proc/{os.getpid()}/fd/{memory}",
         "printenv", *SECRETS],
        capture_output=True, text=True, check=True, cwd=Path(__file__).resolve().parents[3],
    )  # fmt: skip
    os.close(memory)
    assert done.stdout.splitlines() == list(SECRETS.values())
