"""What readiness is judged by, gathered from a prober's folder and those of other vantage points."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from probes.readiness.evidence import DAYS, Evidence, Key, Period, Standing, Thresholds, Verdict
from probes.survey.store import every
from probes.watch.folder import Folder
from probes.watch.history import EPOCH, begins, date_of, hour_of, kept, totals
from probes.watch.outages import recorded
from probes.watch.picture import Picture, of_folder, vantage_of

LATELY = 24  # hours


def gathered(
    seen: Picture,
    folder: Folder,
    now: int,
    thresholds: Thresholds,
    also: Iterable[Folder] = (),
) -> Evidence:
    """`seen`: what the probers that run say now; `folder`: our own, for its history and surveys; `now`:
    ns since 1970; `also`: folders of probers that stand elsewhere, for the other direction of links
    and for what was seen from there. Raises Misuse for a table of another version."""
    others = list(also)
    today = date_of(now)
    elsewhere: dict[str, dict[Key, Standing]] = defaultdict(dict, seen.by_vantage())
    for other in others:
        if (prober := of_folder(other)) is not None:
            known = elsewhere[prober.vantage]  # what runs is asked first
            elsewhere[prober.vantage] = Picture((prober,)).standings() | known
    since = today - timedelta(days=DAYS + 1)
    return Evidence(
        by=seen.standings(),
        now=now,
        thresholds=thresholds,
        today=today,
        lately={
            (row.code, row.check, row.family): Period(row.answered, row.failed, row.sum / 1e9)
            for row in totals(folder.history, hour_of(now) - LATELY)
        },
        days=_mtu_days(folder, today, now),
        seen=every([folder.surveys, *(other.surveys for other in others)], since),
        elsewhere=elsewhere,
        vantage=vantage_of(folder),
    )


def _mtu_days(folder: Folder, today: date, now: int) -> dict[Key, dict[date, Verdict]]:
    """A day passed where the path was looked at and never down; a single look that failed is none."""
    first = (today - EPOCH).days - DAYS
    found: dict[Key, dict[date, Verdict]] = defaultdict(dict)
    for row in kept(folder.history, "days", first, first + DAYS):
        if row.check == "pmtu":
            verdict = Verdict.PASSED if row.answered else Verdict.FAILED
            found[row.code, row.check, row.family][EPOCH + timedelta(days=row.at)] = verdict
    for one in recorded(folder.outages) if folder.outages.exists() else ():
        for day, verdict in found.get((one.code, one.check, one.family), {}).items():
            after = begins(day + timedelta(days=1))
            if verdict is Verdict.PASSED and one.began < after and (one.ended or now) > begins(day):
                found[one.code, one.check, one.family][day] = Verdict.FAILED
    return found
