"""What there is to know of each kind of step: its playbook, and what a lost attempt means.

To add a kind: a member of `StepKind`, a line here, a playbook, and its tests (CONTRIBUTING).
"""

from dataclasses import dataclass
from enum import StrEnum

from migrator.planning.plan import StepKind


class Lost(StrEnum):
    """What to do when an attempt vanished and nobody knows how far it came."""

    RERUN = "rerun"  # the playbook is idempotent: run it again
    VERIFY = "verify-then-rerun"  # the playbook looks first what the last one left, then goes on
    HOLD = "hold"  # a person must look


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`playbook` None: the worker does it itself, with probes. `cancellable`: an operator's
    rollback or abort may cut it off; the cutover may not, it ends by its own deadline."""

    playbook: str | None
    lost: Lost = Lost.RERUN
    cancellable: bool = True
    skippable: bool = False


KINDS = {
    StepKind.PREFLIGHT: Kind(playbook="preflight.yml"),
    StepKind.BACKUP: Kind(playbook="backup.yml", skippable=True),
    StepKind.PRESYNC: Kind(playbook="presync.yml"),
    StepKind.GATE: Kind(playbook=None),
    StepKind.QUIESCE: Kind(playbook="cutover.yml", lost=Lost.VERIFY, cancellable=False),
    StepKind.SOAK: Kind(playbook=None, skippable=True),
    StepKind.COMMIT: Kind(playbook="commit.yml", cancellable=False),
    StepKind.ROLLBACK: Kind(playbook="rollback.yml", lost=Lost.VERIFY, cancellable=False),
    StepKind.ARCHIVE: Kind(playbook="archive.yml"),
    StepKind.WIPE: Kind(playbook="wipe.yml", lost=Lost.VERIFY, cancellable=False),
}
"""By the step that stands for it; `quiesce` stands for the five steps of the cutover."""

PRACTISED = {StepKind.QUIESCE: "rehearse.yml"}
"""What stands in for a step's playbook where the plan wants the cutover practised."""

REAP = "reap.yml"
"""Ends what lost or cancelled attempts left on the hosts."""
