"""The operator's bad night: every step fails once, is told why, is mended and tried again."""

from tests.city import City
from tests.lab.addresses import FILES
from tests.lab.measure import Line, lost_writes, outside_client, read, summarise

SYSTEM = "LJ-S-003"
SOURCE, TARGET = "jt-file-01", "zw-file-01"


def test_each_step_fails_is_mended_and_goes_on(city: City) -> None:
    """Nothing is lost, and until the switch the source keeps serving."""
    city.load_ledger(systems=(FILES,))
    city.start_up()
    source, target = city.lab.hosts[SOURCE], city.lab.hosts[TARGET]
    out = city.state / "client.jsonl"
    plan = city.approved_plan()
    with outside_client(city.lab, out, (FILES,)):
        target.stop()
        run = city.json("run", "start", plan, actor="wang")["code"]
        _failed(city, run, "preflight", TARGET)

        target.start()
        _retry_up_to(city, run, "backup")
        source.fill_disk()
        city.qianyun("run", "resume", run, SYSTEM)
        _failed(city, run, "backup", SOURCE)

        source.free_disk()
        _retry_up_to(city, run, "presync")
        target.fill_disk()
        city.qianyun("run", "resume", run, SYSTEM)
        _failed(city, run, "presync", TARGET)

        target.free_disk()
        _retry_up_to(city, run, "gate")
        target.run(["sh", "-c", "echo 'not nginx;' > /etc/nginx/conf.d/broken.conf"])
        city.qianyun("run", "resume", run, SYSTEM)
        _failed(city, run, "quiesce", TARGET)

        target.run(["rm", "/etc/nginx/conf.d/broken.conf"])
        _retry_up_to(city, run, "soak")
        target.run(["service", "nginx", "stop"])
        city.qianyun("run", "resume", run, SYSTEM)
        item = city.until_item(run, SYSTEM, "rolled_back")
        assert "probes failed after the switch" in item["note"]
    assert city.serves(8003, "2000")
    lines = read(out)
    assert lost_writes(lines, {SYSTEM: source}) == []
    _only_the_dead_target_was_noticed(lines)
    assert city.status(run)["state"] == "ended"
    assert city.facts(SYSTEM).get("placement") is None


def _failed(city: City, run: str, step: str, host: str) -> None:
    """The step failed, its message names the host, and clients are still served."""
    item = city.until_item(run, SYSTEM, "failed")
    bad = next(s for s in item["steps"] if s["state"] == "failed")
    if step == "quiesce":
        assert bad["step"] in {"quiesce", "final_sync", "start", "verify", "switch"}
    else:
        assert bad["step"] == step
    assert host in bad["message"]
    assert city.serves(8003, "2000")


def _retry_up_to(city: City, run: str, step: str) -> None:
    """Retry, and stop before `step`: pause at once, and wait for the step before it to end."""
    states = [(s["step"], s["state"]) for s in city.item(run, SYSTEM)["steps"]]
    before = [name for name, _ in states][[name for name, _ in states].index(step) - 1]
    city.qianyun("run", "retry", run, SYSTEM, "--reason", "mended")
    city.until_step(run, SYSTEM, _begun_by(before), "running", "done")
    city.qianyun("run", "pause", run, SYSTEM)
    city.until_step(run, SYSTEM, before, "done")
    city.until_item(run, SYSTEM, "paused")


def _begun_by(step: str) -> str:
    """The step whose attempt brings `step`: the cutover's five are one attempt."""
    return "quiesce" if step in {"final_sync", "start", "verify", "switch"} else step


def _only_the_dead_target_was_noticed(lines: list[Line]) -> None:
    """Errors seen outside come only from the target that was shot on purpose."""
    for seen in summarise(lines):
        assert all("503" in e or "status" in e for e in seen.first_errors), seen
