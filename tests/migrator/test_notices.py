"""Channels of a rule of notices are told each for itself."""

from dataclasses import replace

from sqlalchemy import delete, insert

from migrator.engine_rules import EngineRules, Notify
from migrator.notices import Notifier
from migrator.store_notices import NoticeRecord
from migrator.tables import notices
from tests.migrator.scripted import Stage
from tests.migrator.test_control import begun, drive


def test_a_channel_that_fails_has_no_other_told_again(stage: Stage) -> None:
    rules = EngineRules(notify=(Notify(name="all", on=("item.*",), to=("hook", "mail", "none")),))
    sent: list[tuple[str, str]] = []
    down = {"mailto://b"}

    def send(address: str, title: str, text: str) -> str | None:
        if address in down:
            return "refused"
        sent.append((address, text))
        return None

    channels = {"hook": "json://a", "mail": "mailto://b"}
    notifier = Notifier(stage.truth, rules, channels, send)
    run = begun(stage, 1)
    # what a build before kept: the rule as a whole; a second channel takes it over, and once only
    with stage.truth.writing() as connection:
        connection.execute(delete(notices))
        connection.execute(
            insert(notices).values(rule="all", told=0, failures=0, message="", at=stage.truth.now())
        )
    assert drive(stage, run)
    assert notifier.tell() > 0
    first = list(sent)
    assert first
    assert {address for address, _ in first} == {"json://a"}
    for failures in (2, 3):
        assert notifier.tell() == 0
        kept = stage.truth.notices.of("all", "mail")
        assert kept is not None
        assert (kept.told < stage.truth.events.last(), kept.failures) == (True, failures)
    assert sent == first
    unknown = stage.truth.notices.of("all", "none")
    assert unknown is not None
    assert "no such channel" in unknown.message
    down.clear()
    assert notifier.tell() == len(first)
    assert [text for address, text in sent if address == "mailto://b"] == [t for _, t in first]
    assert notifier.tell() == 0
    later = replace(
        notifier, rules=EngineRules(notify=(Notify(name="all", on=("*",), to=("new",)),))
    )
    assert later.tell() == 0  # a channel that joins is told nothing of the past
    assert stage.truth.notices.of("all", "new") == NoticeRecord(told=stage.truth.events.last())
