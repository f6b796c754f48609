"""`qianyun audit` and `qianyun db`."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from typing import Annotated

import typer

from api.cli.desk import Desk, command, group
from api.errors import Exit

app = group("审计 / the audit: append-only, hash-chained")
database = group("数据库 / the database")


@command(app, "verify", help="核验审计链 / whether the chain holds; 1 when not")
def verify(
    desk: Desk,
    expect: Annotated[
        str,
        typer.Option(
            metavar="HASH", help="链中应有的哈希，防截尾 / a hash that must be in the chain"
        ),
    ] = "",
) -> None:
    """The head's hash, kept elsewhere and given here later, shows that no tail was cut off."""
    from api.show.parts import BAD, GOOD, text
    from migrator.store.audit import GENESIS, first_fault

    chain = desk.product.truth.audit_entries()
    fault = first_fault(chain)
    if fault is None and expect and expect not in {GENESIS, *(entry.hash for entry in chain)}:
        fault = (
            f"链中没有此哈希，条目可能被截去 / no entry has the hash {expect}: a tail was cut off"
        )
    head = chain[-1].hash if chain else GENESIS
    say = desk.words
    told = say("chain_bad", fault=fault) if fault else say("chain_good", n=len(chain), head=head)
    data = {"ok": fault is None, "entries": len(chain), "head": head, "fault": fault}
    desk.answer(data, lambda: [text(told, BAD if fault else GOOD)])
    raise typer.Exit(Exit.NO if fault else Exit.DONE)


@command(app, "list", help="审计条目 / the last entries")
def list_(
    desk: Desk,
    last: Annotated[int, typer.Option(min=1, help="最近条数 / how many")] = 50,
) -> None:
    import json
    from dataclasses import asdict

    from api.show.parts import rows, table
    from api.times import local

    chain = desk.product.truth.audit_entries()[-last:]
    zone, say = desk.settings.timezone, desk.words
    heads = (say(key) for key in ("seq", "at", "actor", "action", "object", "message"))

    def told(detail: dict[str, object]) -> str:
        return json.dumps(detail, ensure_ascii=False) if detail else ""

    desk.answer(
        {"entries": [asdict(entry) for entry in chain]},
        lambda: [
            rows(
                table(*heads),
                (
                    (e.seq, local(e.at, zone), e.actor, e.action, e.object, told(e.detail))
                    for e in chain
                ),
            )
        ],
    )


@database.callback()
def _database() -> None:
    """数据库 / the database."""


@command(database, "upgrade", help="升级数据库 / bring the database to the newest schema")
def upgrade(desk: Desk) -> None:
    from api.show.parts import GOOD, text

    product = desk.product
    product.truth.now()  # opening it is what upgrades it
    desk.answer({"ok": True}, lambda: [text(desk.words("upgraded"), GOOD)])
