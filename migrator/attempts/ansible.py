"""The only door to ansible-runner: one playbook, one attempt, its events and its outcome.

Pitfalls met here (research/migration.md): runner writes the whole environment into its `command`
artifact and passwords into `env/`, so secrets reach ansible-playbook through a memory file that
`migrator.attempts.secret_env` reads just before it becomes ansible-playbook; event files are kept out of
the folder by a handler that answers False; cancelling is the pen's work, not runner's.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field

from inventory.frozen import Frozen
from inventory.halves import labelled, together
from migrator.attempts import at_once
from migrator.attempts.pacing import PLAYBOOKS as PACED
from migrator.attempts.pacing import Teller
from migrator.attempts.refusals import NOT_RUN, explained
from migrator.attempts.strategy import Choice, Strategy, choose
from migrator.attempts.strategy import settings as strategy_settings

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"
"""The data folder that ships with the packages."""

RESULT_KEY = "qianyun"
"""The key under which our Ansible module returns evidence."""


class Failure(Frozen):
    """One task that failed on one host."""

    host: str
    task: str
    message: str


class Outcome(Frozen):
    """How an attempt ended. `evidence`: what our module returned, per host, in order."""

    ok: bool
    message: str = ""
    failures: tuple[Failure, ...] = ()
    evidence: tuple[dict[str, Any], ...] = ()
    changed: int = 0
    tasks: int = 0
    finished: str = Field(description="ISO 8601")


class Order(Frozen):
    """What an attempt is told on its standard input, secrets included; never written to disk."""

    # an error about an order must not show what is in it
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    attempt: str
    token: int
    folder: str
    sockets: str  # a short path: a Unix socket's name has at most 107 bytes (unix(7))
    playbook: str
    variables: dict[str, Any]  # already marked as data
    inventory: dict[str, Any]
    known_hosts: str
    secrets: dict[str, str]
    strategy: Strategy = Strategy.PLAIN
    check: bool = False
    parent: int = 0  # the process that the attempt must not outlive; 0: it may
    timeout: int = Field(default=3600, ge=1, description="seconds for one task's connection")


type OnLine = Callable[[dict[str, Any]], None]


def run_playbook(order: Order, on_line: OnLine, now: Callable[[], str]) -> Outcome:
    """Run the playbook of `order` to its end; every event goes to `on_line` as it comes."""
    gathered = _Gathered(on_line, now, tuple(order.secrets.values()))
    if order.playbook == at_once.PLAYBOOK and not order.check:
        gathered.ordered(order)  # before anything that takes time

    import ansible_runner  # noqa: PLC0415  the attempt's process alone needs it

    folder, sockets = Path(order.folder), Path(order.sockets)
    sockets.mkdir(mode=0o700)
    choice = choose(order.strategy)
    gathered.chosen(choice)
    runner = ansible_runner.interface.init_runner(
        private_data_dir=str(folder),
        playbook=str(PLAYBOOKS / order.playbook),
        inventory=str(_write_json(folder / "inventory.json", order.inventory)),
        cmdline=_command_line(order, folder),
        event_handler=gathered.event,
        suppress_env_files=True,
        quiet=True,
        rotate_artifacts=0,
        ident="run",
        settings={"suppress_output_file": True, "suppress_ansible_output": True},
        envvars=ansible_settings(folder, sockets, choice.strategy),
    )
    runner.config.suppress_output_file = True
    secrets = _memory_file(order.secrets)
    runner.config.command = [
        sys.executable,
        "-m",
        "migrator.attempts.secret_env",
        f"/proc/{os.getpid()}/fd/{secrets}",
        *runner.config.command,
    ]
    teller = gathered.teller(order)
    try:
        runner.run()
    finally:
        os.close(secrets)
        if teller:
            teller.end()
    return gathered.outcome(runner.rc)


def _command_line(order: Order, folder: Path) -> str:
    variables = _write_json(folder / "variables.json", order.variables)
    return f"-e @{variables}" + (" --check" if order.check else "")


def ansible_settings(folder: Path, sockets: Path, strategy: Strategy) -> dict[str, str]:
    """Environment of ansible-playbook, for both strategies; secrets come another way."""
    return strategy_settings(strategy, PLAYBOOKS / "strategy_plugins", sockets) | {
        "ANSIBLE_CONFIG": str(PLAYBOOKS / "ansible.cfg"),
        "ANSIBLE_LIBRARY": str(PLAYBOOKS / "library"),
        "ANSIBLE_MODULE_UTILS": str(PLAYBOOKS / "module_utils"),
        "ANSIBLE_ROLES_PATH": str(PLAYBOOKS / "roles"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }


def _write_json(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False))
    path.chmod(0o600)
    return path


def _memory_file(secrets: Mapping[str, str]) -> int:
    """A file that exists in memory only (memfd_create(2)); its descriptor."""
    descriptor = os.memfd_create("qianyun-secrets")
    os.write(descriptor, json.dumps(dict(secrets)).encode())
    return descriptor


class _Gathered:
    """What the events of one playbook add up to."""

    def __init__(self, on_line: OnLine, now: Callable[[], str], secrets: tuple[str, ...]) -> None:
        self._on_line = on_line
        self._now = now
        self._secrets = _spellings(secrets)
        self._failures: list[Failure] = []
        self._evidence: list[dict[str, Any]] = []
        self._totals: dict[str, int] = {"changed": 0, "ok": 0}
        self._noise: list[str] = []

    def chosen(self, choice: Choice) -> None:
        """Say once which strategy is used where it is not the one that was asked for."""
        if choice.why:
            line = {"at": self._now(), "event": "strategy", "host": "", "task": ""}
            self._on_line({**line, "text": choice.why})

    def ordered(self, order: Order) -> None:
        """Have the rollback begin before Ansible has started, and say what came of it."""
        told = at_once.order_back(order.inventory, order.variables, order.token, order.secrets)
        line = {"at": self._now(), "event": "ordered", "host": "", "task": ""}
        self._on_line({**line, "text": self._clean(told)})

    def teller(self, order: Order) -> Teller | None:
        """Who tells a copy its rate while it goes, begun; what it hears of it is logged."""
        if order.playbook not in PACED or order.check:
            return None

        def log(text: str) -> None:
            line = {"at": self._now(), "event": "copied", "host": "", "task": ""}
            self._on_line({**line, "text": self._clean(text)})

        teller = Teller.of(
            Path(order.folder),
            inventory=order.inventory,
            variables=order.variables,
            token=order.token,
            secrets=order.secrets,
            log=log,
            playbook=order.playbook,
        )
        if teller:
            teller.begin()
        return teller

    def event(self, event: dict[str, Any]) -> bool:
        """Runner's handler; False keeps the event out of the folder."""
        kind = event.get("event", "")
        data = event.get("event_data", {})
        result = data.get("res") or {}
        if kind in {"runner_on_ok", "runner_on_failed", "runner_on_unreachable"}:
            if isinstance(evidence := result.get(RESULT_KEY), dict):
                self._evidence.append({"host": data.get("host", ""), **evidence})
            if kind != "runner_on_ok" and not data.get("ignore_errors"):
                self._failures.append(self._failure(data, result))
        elif kind == "playbook_on_stats":
            for name in self._totals:
                self._totals[name] = sum((data.get(name) or {}).values())
        elif kind in {"error", "verbose"} and (text := event.get("stdout", "").strip()):
            self._noise.append(text)
        self._on_line(
            {
                "at": self._now(),
                "event": kind,
                "host": data.get("host", ""),
                "task": data.get("task", ""),
                "text": self._clean(event.get("stdout", "")),
            }
        )
        return False

    def _failure(self, data: Mapping[str, Any], result: Mapping[str, Any]) -> Failure:
        message = str(result.get("msg") or result.get("stderr") or "")
        raw = f"{result.get('module_stdout', '')} {result.get('module_stderr', '')}".strip()
        if RESULT_KEY not in result:  # no answer of our module: say what the host said instead
            told, do = NOT_RUN
            message = (
                together(labelled(told, f"{raw[-500:]} ({message})"), do)
                if raw
                else explained(message)
            )
        return Failure(
            host=str(data.get("host", "")),
            task=str(data.get("task", "")),
            message=self._clean(message).strip() or "没有给出原因 / no reason was given",
        )

    def _clean(self, text: str) -> str:
        """Secrets never reach a log, even where a program on a host prints one."""
        for secret in self._secrets:
            text = text.replace(secret, "******")
        return text

    def outcome(self, code: int | None) -> Outcome:
        # a task that failed and was rescued is no failure of the playbook; but one that found no
        # host to run on ends with 0 as well, and has done nothing
        idle = code == 0 and not self._totals["ok"]
        ok = code == 0 and not idle
        told = "\n".join(f"{f.host}: {f.message}" for f in self._failures)
        noise = explained(self._clean(" ".join(self._noise))[-1500:])
        message = "" if ok else told or noise or f"ansible-playbook 退出码 / exit status {code}"
        if idle:
            message = f"没有在任何主机上执行任务 / no task was run on any host. {noise}".strip()
        return Outcome(
            ok=ok,
            message=message,
            failures=() if ok else tuple(self._failures),
            evidence=tuple(_each_text(e, self._clean) for e in self._evidence),
            changed=self._totals["changed"],
            tasks=self._totals["ok"],
            finished=self._now(),
        )


def _spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """How secrets may appear in what Ansible prints: as they are, or inside JSON; longest first."""
    found = {s for secret in secrets if secret for s in (secret, *_quoted(secret))}
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def _quoted(text: str) -> tuple[str, str]:
    return json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """`value` with every text in it changed."""
    if isinstance(value, dict):
        return {change(str(key)): _each_text(inner, change) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(inner, change) for inner in value]
    return change(value) if isinstance(value, str) else value
