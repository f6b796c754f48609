"""The command line: `qianyun`. A file here for each group of commands; what they show is in `api.show`.

Heavy modules (database, engine, Ansible, web) are imported inside commands: `--help` is quick.
"""

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Annotated, NoReturn

import typer

from api.cli import (
    alerts,
    audit,
    decommission,
    discover,
    history,
    inventory,
    level,
    machine,
    netbox,
    network,
    outputs,
    plan,
    policy,
    probe,
    report,
    rules,
    run,
    silences,
    state,
    up,
    user,
    watch,
)
from api.cli.desk import Actor, Debug, Flags, Json, write_json
from api.errors import Exit, exit_of

_HELP = """迁云：管好机房、专线与政务网络，把信息系统迁上政务云 / Know a city's machine rooms, lines
and e-government network, and move its information systems onto the government cloud.

退出码 / exit codes: 0 完成 done · 1 答案为否 the answer is no · 2 输入或用法有误 bad input or usage ·
3 外部故障 something outside failed"""

app = typer.Typer(
    name="qianyun",
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(inventory.app, name="inventory")
app.add_typer(plan.app, name="plan")
app.add_typer(policy.app, name="policy")
app.add_typer(report.app, name="report")
app.add_typer(run.app, name="run")
app.add_typer(machine.app, name="machine")
app.add_typer(probe.app, name="probe")
app.add_typer(netbox.app, name="netbox")
app.add_typer(network.app, name="network")
app.add_typer(decommission.app, name="decommission")
app.add_typer(audit.app, name="audit")
app.add_typer(audit.database, name="db")
app.add_typer(user.app, name="user")
state.register(app)
up.register(app)
outputs.register(inventory.app, probe.app)
watch.register(probe.app)
rules.register(probe.app)
silences.register(probe.app)
alerts.register(probe.app)
level.register(probe.app)
history.register(probe.app)
discover.register(inventory.app)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415

        typer.echo(f"qianyun {version('qianyun')}")
        raise typer.Exit


_Version = Annotated[
    bool,
    typer.Option("--version", callback=_version, is_eager=True, help="版本 / show the version"),
]


@app.callback()
def _root(
    ctx: typer.Context,
    as_actor: Actor = None,
    as_json: Json = False,
    debug: Debug = False,
    version: _Version = False,  # noqa: ARG001  answered by its callback
) -> None:
    flags = ctx.ensure_object(Flags)
    flags.actor, flags.json, flags.debug = as_actor, as_json, debug


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code says how it ended."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without Chinese must not end a command
            stream.reconfigure(errors="backslashreplace")
    flags = Flags()
    try:
        app(arguments, obj=flags)
    except SystemExit as ended:
        if "--json" in arguments:
            _usage_as_json(ended.__context__)
        return ended.code if isinstance(ended.code, int) else Exit.USAGE
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return _failed(error, flags)
    return Exit.DONE


def entry() -> NoReturn:
    """The command `qianyun`: run, flush, and leave without Python's own clean-up.

    With temporalio's threads of native code alive, CPython 3.13 has died of a segmentation fault
    while it finalised, after everything was done and said; exit status and output were right.
    """
    os.umask(0o077)  # databases, logs and folders are nobody else's
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # the reader of a pipe may have gone
            stream.flush()
    os._exit(code)


def _usage_as_json(met: BaseException | None) -> None:
    """Usage that typer refused (it has told so on standard error, and ends while it handles it)."""
    told = getattr(met, "format_message", None)
    if told:
        write_json({"error": {"kind": type(met).__name__, "message": told()}})


def _failed(error: Exception, flags: Flags) -> Exit:
    """Say what went wrong, once, without secrets: on standard error, and as JSON where asked."""
    code = exit_of(error)
    message = str(error)
    if code is None:
        code = Exit.OUTSIDE
        kind = type(error).__name__
        message = (
            f"未预料的故障 / unforeseen fault: {kind}: {message}; --debug 显示调用栈 / shows where"
        )
    redact = _redactor()
    if flags.debug:
        sys.stderr.write(redact("".join(traceback.format_exception(error))))
    sys.stderr.write(redact(message) + "\n")
    if flags.json:
        write_json({"error": {"kind": type(error).__name__, "message": redact(message)}})
    return code


def _redactor() -> Callable[[str], str]:
    from api.logs import Redactor  # noqa: PLC0415
    from api.settings import SettingsError, load  # noqa: PLC0415

    try:
        return Redactor(load().secrets()).text
    except SettingsError:
        return str


if __name__ == "__main__":
    entry()
