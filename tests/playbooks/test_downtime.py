"""The figures' story with little data: what is counted is tested here, seconds are for `make bench`."""

from pathlib import Path

import pytest

from tests.bench import cutover
from tests.lab.addresses import ENTRIES, GATEWAY
from tests.lab.lab import Lab
from tests.lab.measure import lost_writes, outside_client, read
from tests.playbooks.ansible import FAILED, Mover

DATA_MIB = 32


@pytest.mark.slow
def test_over_back_over_and_back_beside_the_classic_way(tmp_path: Path) -> None:
    """Nothing fails and nothing is lost, where the classic way fails requests all the while."""
    hosts = (cutover.SOURCE, cutover.TARGET, GATEWAY.name)
    with Lab.up(tmp_path / "lab", hosts) as lab:
        way = cutover.application(lab, tmp_path, DATA_MIB)
    assert way.mib >= DATA_MIB
    assert way.classic.failed
    assert way.classic.lost == 0
    assert len(way.holds) == 3
    for seen in (way.rehearsed, way.back):
        assert (seen.failed, seen.lost) == (0, 0)
        assert seen.acknowledged > 50


@pytest.mark.slow
def test_an_entrance_without_a_proxy(tmp_path: Path) -> None:
    """nftables forwards the old address: checked, turned there and back, kept in its file; what was
    acknowledged is there; a table that is not as agreed is refused before anything is touched."""
    with cutover.forwarded(tmp_path) as lab:
        gateway = lab.hosts[GATEWAY.name]
        table = gateway.root("/etc/nftables.d/qy_lj_s_002.nft")
        first = table.read_text()
        mover = Mover(lab, ENTRIES, tmp_path)
        table.write_text(first.replace("to6", "to_6"))
        refused = mover.play("preflight")
        assert refused.code == FAILED
        assert "1 lines of elements" in " ".join(refused.messages)
        table.write_text(first)
        before = gateway.tree()
        assert mover.play("preflight", "--check").code == 0
        assert gateway.tree() == before
        mover.done("presync")
        for playbook, serving in (("cutover", ENTRIES.target), ("rollback", ENTRIES.source)):
            out = tmp_path / playbook
            with outside_client(lab, out, (ENTRIES,)):
                mover.done(playbook)
                again = mover.done(playbook)  # it tells the finished run, or finds nothing to do
            lines = read(out)
            assert again.messages == []
            assert lost_writes(lines, {ENTRIES.code: lab.hosts[serving]}) == []
            # Per family the one connection that was open is cut, and nothing else fails.
            assert sum(not line.ok for line in lines) <= 4
            assert lines[-1].ok
            assert (table.read_text() == first) == (serving == ENTRIES.source)
            held = gateway.run(["nft", "list", "set", "inet", "qy_lj_s_002", "held"]).stdout
            assert "elements" not in held
