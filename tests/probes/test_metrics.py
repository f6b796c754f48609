"""Stored results as metrics: few labels, no stale series."""

from prometheus_client import CollectorRegistry, generate_latest

from probes.metrics import ProbeCollector
from probes.model import Failure, ProbeResult, Target


def looked(failure: Failure | None = None, *, code: str = "gw-01", ms: float = 12.5) -> ProbeResult:
    target = Target(
        code=code, check="http", family=6, address="fd40::10", port=8001, path="/secret"
    )
    return ProbeResult(
        target=target, ok=failure is None, failure=failure, timings={"total": ms, "connect": 1},
        evidence={"read": "text from outside"},
    )  # fmt: skip


def series(results: list[ProbeResult]) -> list[str]:
    registry = CollectorRegistry()
    registry.register(ProbeCollector(lambda: results))
    text = generate_latest(registry).decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_ok_and_failed() -> None:
    assert series([looked(), looked(Failure.WRONG_CONTENT, code="LJ-S-002@zw-app-01")]) == [
        'qianyun_probe_success{check="http",code="LJ-S-002@zw-app-01",family="6"} 0.0',
        'qianyun_probe_success{check="http",code="gw-01",family="6"} 1.0',
        'qianyun_probe_duration_seconds{check="http",code="LJ-S-002@zw-app-01",family="6"} 0.0125',
        'qianyun_probe_duration_seconds{check="http",code="gw-01",family="6"} 0.0125',
        'qianyun_probe_failure{check="http",code="LJ-S-002@zw-app-01",family="6",'
        'reason="wrong_content"} 1.0',
    ]


def test_the_last_result_of_a_series_wins() -> None:
    found = series([looked(Failure.RESET), looked(ms=1000)])
    assert [line.rsplit(" ", 1)[1] for line in found] == ["1.0", "1.0"]
    assert not any("reset" in line for line in found)


def test_what_is_gone_leaves_nothing() -> None:
    results = [looked(Failure.RESET)]
    registry = CollectorRegistry()
    registry.register(ProbeCollector(lambda: results))
    assert b"reset" in generate_latest(registry)
    results.clear()
    assert b"gw-01" not in generate_latest(registry)


def test_registering_does_not_read_the_store() -> None:
    def unread() -> list[ProbeResult]:
        raise AssertionError

    CollectorRegistry(auto_describe=True).register(ProbeCollector(unread))


def test_text_from_people_stays_a_label_value() -> None:
    found = series([looked(code='a"} 1\n{{ evil }}\\')])
    assert 'code="a\\"} 1\\n{{ evil }}\\\\"' in found[0]
    assert len(found) == 2
