"""`qianyun probe silences`: what Alertmanager keeps quiet now, ours and anybody's."""
# ruff: noqa: PLC0415  what a command needs is imported when it runs: --help is quick

import typer

from api.cli.desk import Desk, command


def register(app: typer.Typer) -> None:
    """Add the command to the group `probe`."""
    command(app, "silences", help="生效的告警静默 / silences in force")(silences)


def silences(desk: Desk) -> None:
    from api.show.silences import silences_screen

    alertmanager = desk.product.alertmanager
    found = alertmanager.silences() if alertmanager else []
    data = {
        "alertmanager": desk.settings.alertmanager_url,
        "silences": [
            {
                "id": one.id,
                "item": one.key or None,
                "matchers": list(one.matchers),
                "until": one.until.isoformat(timespec="seconds"),
                "creator": one.creator,
                "comment": one.comment,
            }
            for one in found
        ],
    }
    if alertmanager is None:
        desk.answer(data, lambda: [desk.words("silences_off")])
    else:
        desk.answer(data, lambda: silences_screen(found, desk.words, desk.settings.timezone))
