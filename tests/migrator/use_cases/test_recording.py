"""Records put down by command: the same checks as files have, an audit entry each, never deleted."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from inventory.changes import diff
from inventory.errors import PackError, RecordRefused
from inventory.model import Estate
from inventory.policies.assess import assess
from inventory.policies.assessment import Verdict
from inventory.policies.loader import load
from inventory.policies.records import Baseline
from inventory.policies.shelf import Shelf
from inventory.store_embedded import EmbeddedStore
from migrator.errors import Forbidden, NotFound, Refused, StoreDown
from migrator.people.rights import local
from migrator.store.audit import first_fault
from migrator.store.truth import Truth
from migrator.use_cases.recording import Recording
from tests.inventory.policies.builder import City

CZ, XN = "cangzhou-2017-157", "xianning-2019-5"
DAY = date(2018, 6, 30)
DECLARED: dict[str, Any] = {
    "policy": CZ,
    "entry": "CZ-03",
    "on": date(2018, 6, 20),
    "by": "领导小组办公室",
    "evidence": "报告.pdf",
}
EXCEPTION: dict[str, Any] = {
    "policy": CZ,
    "entry": "V-25",
    "reason": "部委要求",
    "approver": "领导小组",
    "document": "批复1号",
    "approved_on": date(2018, 6, 1),
    "review_on": date(2019, 6, 30),
}


@pytest.fixture
def truth(tmp_path: Path) -> Iterator[Truth]:
    def clock() -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC)

    made = Truth.open(f"sqlite:///{tmp_path}/x.db", clock=clock, login="zhang")
    yield made
    made.engine.dispose()


@pytest.fixture
def city() -> City:
    made = City()
    (owner,) = made.departments(1)
    made.line("private_business", owner)
    made.system(owner, moved=False, migratable=True)
    return made


@pytest.fixture
def recording(truth: Truth, tmp_path: Path, city: City) -> Recording:
    store = EmbeddedStore(truth.engine)
    changes = diff(Estate(), city.estate())
    store.apply(changes, actor="zhang", confirmed=changes.digest)
    return Recording(truth, store, Shelf(tmp_path / "policies"))


def code_of(city: City, kind: str) -> str:
    return str(city.parts[kind][-1].code)


def test_a_declaration_counts_at_once_and_is_in_the_audit(
    recording: Recording, truth: Truth, city: City
) -> None:
    kept = recording.put("declaration", DECLARED, local("li"), DAY)
    assert (kept.kind, kept.recorded_by, kept.recorded_at[:10]) == (
        "declaration",
        "li",
        "2026-03-01",
    )
    entry = truth.audit_entries()[-1]
    assert (entry.action, entry.actor, entry.object) == ("policy.recorded", "li", str(kept.id))
    assert entry.detail["evidence"] == "报告.pdf"
    assert entry.detail["login"] == "zhang"
    assert first_fault(truth.audit_entries()) is None
    found = assess(load(CZ), city.estate(), recording.book().records, DAY)
    assert next(t for t in found.targets if t.entry == "CZ-03").verdict is Verdict.MET


def test_the_same_record_twice_is_one(recording: Recording, truth: Truth) -> None:
    first = recording.put("declaration", DECLARED, local("li"), DAY)
    before = len(truth.audit_entries())
    assert recording.put("declaration", DECLARED, local("wang"), DAY) == first
    assert len(truth.audit_entries()) == before


def test_a_withdrawn_record_counts_no_more_and_stays_to_be_read(
    recording: Recording, truth: Truth
) -> None:
    kept = recording.put("declaration", DECLARED, local("li"), DAY)
    gone = recording.withdraw(kept.id, local("wang"), "报告有误")
    assert (gone.withdrawn_by, gone.reason) == ("wang", "报告有误")
    assert recording.book().records.declarations == ()
    assert recording.listed() == ()
    assert recording.listed(withdrawn=True) == (gone,)
    assert truth.audit_entries()[-1].action == "policy.withdrawn"
    with pytest.raises(Refused, match="withdrawn"):
        recording.withdraw(kept.id, local("wang"), "again")
    again = recording.put("declaration", DECLARED, local("li"), DAY)
    assert again.id != kept.id


def test_what_is_withdrawn_without_a_reason_or_is_not_there(recording: Recording) -> None:
    kept = recording.put("declaration", DECLARED, local("li"), DAY)
    with pytest.raises(RecordRefused, match="reason"):
        recording.withdraw(kept.id, local("li"), " ")
    with pytest.raises(NotFound, match="77"):
        recording.withdraw(77, local("li"), "why")


def test_files_and_the_database_are_one_book(
    recording: Recording, tmp_path: Path, city: City
) -> None:
    folder = tmp_path / "policies" / "records"
    folder.mkdir(parents=True)
    (folder / "2018.toml").write_text(
        f'[[declarations]]\npolicy = "{CZ}"\nentry = "CZ-04"\non = 2018-06-20\n'
        'by = "局"\nevidence = "文"\n',
        "utf-8",
    )
    recording.put("declaration", DECLARED, local("li"), DAY)
    entries = {d.entry for d in recording.book().records.declarations}
    assert entries == {"CZ-03", "CZ-04"}


def test_an_exception_lets_a_private_network_pass_until_its_review(
    recording: Recording, city: City
) -> None:
    line = code_of(city, "lines")
    recording.put("exception", EXCEPTION | {"code": line}, local("li"), DAY)
    for day, passes in ((date(2019, 6, 30), True), (date(2019, 7, 1), False)):
        found = assess(load(CZ), city.estate(), recording.book().records, day)
        (one,) = (v for v in found.violations if v.entry == "V-25")
        assert (one.code, one.passes) == (line, passes)


@pytest.mark.parametrize(
    ("kind", "told", "expected"),
    [
        ("declaration", DECLARED | {"policy": "beijing"}, CZ),
        ("declaration", DECLARED | {"entry": "CZ-99"}, "CZ-03"),
        ("declaration", DECLARED | {"evidence": " "}, "evidence"),
        ("declaration", DECLARED | {"on": date(2018, 7, 1)}, "2018-06-30"),
        ("declaration", DECLARED | {"entry": "CZ-08"}, "code"),
        ("declaration", DECLARED | {"entry": "CZ-10"}, "服务能力评估"),
        ("declaration", DECLARED | {"entry": "CZ-08", "code": "O-77"}, "O-77"),
        ("declaration", DECLARED | {"colour": "red"}, "colour"),
        ("exception", EXCEPTION | {"code": "L-77"}, "L-77"),
        ("exception", EXCEPTION | {"code": "L", "review_on": date(2018, 1, 1)}, "2018-01-01"),
        ("exception", EXCEPTION | {"code": "L", "approved_on": date(2018, 7, 9)}, "2018-07-09"),
        ("exception", {k: v for k, v in EXCEPTION.items() if k != "review_on"}, "review_on"),
        (
            "exception",
            EXCEPTION | {"policy": XN, "entry": "V-32", "code": "S"},
            "allows no exception",
        ),
        (
            "report",
            {"policy": CZ, "entry": "CZ-03", "code": "O", "period": "2018", "on": DAY,
             "evidence": "文"},
            "CZ-21",
        ),
        (
            "event",
            {"policy": CZ, "entry": "CZ-03", "code": "O", "started": DAY, "evidence": "文"},
            "—",
        ),
        ("fate", {"code": "S", "became": "merged", "on": DAY, "by": "局", "evidence": "文"}, "into"),
        (
            "fate",
            {"code": "S-77", "became": "retired", "on": DAY, "by": "局", "evidence": "文"},
            "S-77",
        ),
    ],
)  # fmt: skip
def test_what_fits_nothing_is_refused_and_not_written(
    recording: Recording, truth: Truth, kind: str, told: dict[str, Any], expected: str
) -> None:
    with pytest.raises(RecordRefused) as caught:
        recording.put(kind, told, local("li"), DAY)
    assert expected in str(caught.value)
    assert recording.listed(withdrawn=True) == ()
    assert [e.action for e in truth.audit_entries() if e.action.startswith("policy")] == []


def test_only_recorders_record_and_a_refusal_is_in_the_audit(
    recording: Recording, truth: Truth
) -> None:
    shut = Recording(truth, recording.estate, recording.shelf, ("li", "wang"))
    with pytest.raises(Forbidden, match="zhang"):
        shut.put("declaration", DECLARED, local("li"), DAY)  # --as li is only a name
    entry = truth.audit_entries()[-1]
    assert (entry.action, entry.actor, entry.detail["login"]) == (
        "policy.declaration.refused",
        "li",
        "zhang",
    )
    for refused in (
        lambda: shut.withdraw(1, local("li"), "why"),
        lambda: shut.keep_baseline(CZ, local("li"), DAY),
    ):
        with pytest.raises(Forbidden):
            refused()
    Recording(truth, recording.estate, recording.shelf, ("zhang",)).put(
        "declaration", DECLARED, local("li"), DAY
    )


def test_a_baseline_is_kept_for_good(recording: Recording, truth: Truth, city: City) -> None:
    estate = city.estate()
    kept = recording.keep_baseline(CZ, local("li"), DAY)
    assert kept.record == Baseline(policy=CZ, on=DAY, digest=estate.digest)
    city.change("systems", code_of(city, "systems"), migratable=False)
    changes = diff(estate, city.estate())
    recording.estate.apply(changes, actor="li", confirmed=changes.digest)
    recording.keep_baseline(CZ, local("li"), date(2018, 9, 1))
    found = recording.book().baseline(CZ, date(2018, 12, 31))
    assert found is not None
    assert (found[0], found[1]) == (DAY, estate)  # the first: a later one moves no denominator
    assert recording.book().baseline(CZ, date(2018, 6, 29)) is None
    for day in (DAY, date(2018, 1, 1)):  # nor does one that is dated back
        with pytest.raises(RecordRefused, match="2018-06-30"):
            recording.keep_baseline(CZ, local("li"), day)


def test_a_baseline_of_nothing_or_of_no_policy(truth: Truth, tmp_path: Path) -> None:
    empty = Recording(truth, EmbeddedStore(truth.engine), Shelf(tmp_path))
    with pytest.raises(RecordRefused, match="empty"):
        empty.keep_baseline(CZ, local("li"), DAY)
    with pytest.raises(PackError, match="beijing"):
        empty.keep_baseline("beijing", local("li"), DAY)


def test_a_baseline_that_was_changed_is_refused(recording: Recording, truth: Truth) -> None:
    recording.keep_baseline(CZ, local("li"), DAY)
    other = diff(Estate(), Estate())
    assert other.empty
    with truth.engine.begin() as connection:
        connection.execute(text("UPDATE policy_baselines SET format = 9"))
    with pytest.raises(StoreDown, match="format 9"):
        recording.book().baseline(CZ, DAY)


def test_what_is_gone_may_still_have_a_fate(recording: Recording, city: City) -> None:
    """Known by the baseline: it left the inventory when it was merged."""
    recording.keep_baseline(CZ, local("li"), date(2018, 1, 1))
    gone, owner = code_of(city, "systems"), code_of(city, "organisations")
    estate = city.estate()
    into = city.system(owner, moved=True, migratable=True)
    city.drop("systems", gone)
    changes = diff(estate, city.estate())
    recording.estate.apply(changes, actor="li", confirmed=changes.digest)
    told = {"code": gone, "became": "merged", "into": into, "on": DAY, "by": "局", "evidence": "文"}
    recording.put("fate", told, local("li"), DAY)
    book = recording.book()
    found = assess(load(CZ), city.estate(), book.records, DAY, book.baseline(CZ, DAY))
    target = next(t for t in found.targets if t.entry == "CZ-12")
    assert target.lineage is not None
    assert target.lineage.merged == ((gone, into),)
    assert target.baseline is not None
    assert target.baseline.done == 1


MERGED: dict[str, Any] = {"became": "merged", "on": DAY, "by": "局", "evidence": "文"}


def test_a_ring_of_mergers_is_refused(truth: Truth, tmp_path: Path) -> None:
    city = City()
    (owner,) = city.departments(1)
    one, two, three, four = (city.system(owner) for _ in range(4))
    city.change("systems", three, merged_into=four)
    store = EmbeddedStore(truth.engine)
    changes = diff(Estate(), city.estate())
    store.apply(changes, actor="zhang", confirmed=changes.digest)
    recording = Recording(truth, store, Shelf(tmp_path / "policies"))
    recording.put("fate", MERGED | {"code": one, "into": two}, local("li"), DAY)
    for code, into in ((two, one), (four, three)):  # with a record, with the inventory
        with pytest.raises(RecordRefused, match="in a ring"):
            recording.put("fate", MERGED | {"code": code, "into": into}, local("li"), DAY)
    recording.put("fate", MERGED | {"code": two, "into": three}, local("li"), DAY)


@pytest.mark.parametrize(
    ("kind", "told", "named"),
    [
        ("exception", EXCEPTION, "systems"),  # V-25 is about lines
        ("declaration", DECLARED | {"policy": XN, "entry": "XN-22"}, "systems"),
        ("event", {"policy": XN, "entry": "XN-19", "started": DAY, "evidence": "函"}, "systems"),
        (
            "report",
            {"policy": CZ, "entry": "CZ-21", "period": "2017", "on": DAY, "evidence": "回执"},
            "systems",
        ),
        ("fate", {"became": "retired", "on": DAY, "by": "局", "evidence": "文"}, "lines"),
    ],
)
def test_a_record_about_the_wrong_kind_of_object_is_refused(
    recording: Recording, city: City, kind: str, told: dict[str, Any], named: str
) -> None:
    with pytest.raises(RecordRefused, match="expected a code of"):
        recording.put(kind, told | {"code": code_of(city, named)}, local("li"), DAY)
    assert recording.listed() == ()
