"""What the engine finds of each sample city is what its maker put there."""

import pytest

from inventory.policies.assess import assess
from inventory.policies.holds import holds, total
from inventory.policies.loader import load, shipped
from tests.inventory.policies.cities import DATA, SAMPLES, SEED, Sample, files, kept

SEEDS = (1, 2, 3, 4)


def test_every_pack_has_a_sample() -> None:
    assert set(SAMPLES) == set(shipped())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("named", SAMPLES)
def test_the_sample_s_truth(named: str, seed: int) -> None:
    check(named, SAMPLES[named](seed))


@pytest.mark.parametrize("named", SAMPLES)
def test_the_sample_that_is_kept_is_the_one_that_is_made(named: str) -> None:
    """tests/data/policies: run `python -m tests.inventory.policies.cities` where it is not."""
    for name, text in files(named).items():
        assert (DATA / named / name).read_text("utf-8") == text
    sample = kept(named)
    assert sample.estate.digest == SAMPLES[named](SEED).estate.digest
    assert sample.estate.systems
    check(named, sample)


def check(named: str, sample: Sample) -> None:
    truth, pack = sample.truth, load(named)
    found = assess(pack, sample.estate, sample.records, truth.day)
    targets = {t.entry: t for t in found.targets}
    shares = {e: (r.done, r.total) for e in truth.shares if (r := targets[e].today)}
    assert shares == truth.shares
    assert {e: targets[e].verdict.value for e in truth.verdicts} == truth.verdicts
    broken = {e: {v.code for v in found.violations if v.entry == e} for e in truth.broken}
    assert broken == truth.broken
    wrong = ("late", "early")
    late = {
        e: {t.code for t in found.timed if t.entry == e and t.verdict in wrong} for e in truth.late
    }
    assert late == truth.late
    assert total(holds(pack, sample.estate, found, sample.records)) == truth.money
