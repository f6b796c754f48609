"""`qianyun probe alerts`: what Alertmanager told us of.

qianyun probe alerts [--firing]
"""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

from typing import Annotated

import typer

from api.cli.desk import Desk, command


def register(app: typer.Typer) -> None:
    """Add the command to the group `probe`."""
    command(app, "alerts", help="收到的告警 / alerts that came in")(alerts)


def alerts(
    desk: Desk,
    *,
    firing: Annotated[
        bool, typer.Option("--firing", help="只看未恢复的 / only those that fire")
    ] = False,
) -> None:
    from api.show.alerts import alerts_screen

    truth = desk.product.truth
    now = truth.clock()
    found = [one for one in truth.alerts.all() if one.state == "firing" or not firing]
    data = {
        "alerts": [
            one.model_dump(mode="json", exclude={"mark"}) | {"unheard": one.unheard(now)}
            for one in found
        ]
    }
    desk.answer(data, lambda: alerts_screen(found, now, desk.words, desk.settings.timezone))
