"""Channels of a rule of notices are told each for itself; one is a real mail server."""

import logging
from dataclasses import replace

import pytest
from sqlalchemy import delete, insert

from migrator.engine.notices import Notifier
from migrator.planning.plan import StepKind
from migrator.runs.rules import EngineRules, Notify
from migrator.store.notices import NoticeRecord
from migrator.store.tables import notices
from tests.migrator.scripted import Stage
from tests.migrator.test_control import begun, drive
from tests.smtp import mail_server


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


SECRET = "s3cret-of-the-mailbox"


def test_a_mail_arrives_once_the_server_is_up_and_its_password_stays_secret(
    stage: Stage, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with mail_server() as post:
        pass  # its port is free again: the server is down
    query = "from=qianyun@gov.example&to=duty@gov.example&smtp=127.0.0.1&mode=insecure"
    address = f"mailto://ops:{SECRET}@127.0.0.1:{post.port}/?{query}"
    rules = EngineRules(notify=(Notify(name="night", on=("item.*", "step.failed"), to=("duty",)),))
    notifier = Notifier(stage.truth, rules, {"duty": address})
    assert notifier.tell() == 0
    run = begun(stage, 1)
    stage.world.script["S0", StepKind.BACKUP] = ["磁盘已满 / the disk is full"]
    assert not drive(stage, run, turns=12)
    for failures in (1, 2):
        assert notifier.tell() == 0
        kept = stage.truth.notices.of("night", "duty")
        assert kept is not None
        assert (kept.failures, kept.message) == (
            failures,
            "duty: 渠道未送达 / the channel did not take it",
        )
    with mail_server(post):
        post.refuse = "452 mailbox full"
        assert notifier.tell() == 0
        post.refuse = ""
        assert notifier.tell() == 1
        assert notifier.tell() == 0
    (mail,) = post.mails
    assert ("ops", SECRET) in post.logins
    assert mail["To"] == "duty@gov.example"
    assert mail["Subject"] == f"迁云通知 / Qianyun notice night: {run}"
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert f"步骤失败 / step.failed {run} S0 backup 磁盘已满 / the disk is full" in text
    kept = stage.truth.notices.of("night", "duty")
    assert kept is not None
    assert (kept.failures, kept.message) == (0, "")
    told = "".join(capfd.readouterr())
    entries = [repr(entry) for entry in stage.truth.audit_entries()]
    for where in (caplog.text, told, text, *entries):
        assert SECRET not in where
