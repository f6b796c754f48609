"""A plan on record, and what was decided of it."""

from inventory.model import Frozen
from migrator.people.names import same_person


class PlanRecord(Frozen):
    """A plan with what is not part of its digest. `approvals`: decisions on this very digest."""

    code: str
    digest: str
    author: str
    made_at: str
    approvals: tuple["ApprovalRecord", ...] = ()
    decisions: tuple["ApprovalRecord", ...] = ()  # with those on waves, items and evidence

    @property
    def state(self) -> str:
        """draft, approved or rejected: the last decision counts; one who withdraws their approval
        leaves those of others."""
        open_ones: list[str] = []
        for one in self.approvals:
            if one.decision == "reject":
                open_ones = ["-"]
            elif one.decision == "approve":
                open_ones = [a for a in open_ones if a != "-"] + [one.actor]
            else:
                open_ones = [a for a in open_ones if a == "-" or not same_person(a, one.actor)]
        if not open_ones:
            return "draft"
        return "rejected" if open_ones == ["-"] else "approved"

    @property
    def self_approved(self) -> bool:
        """Whether the approval that counts is the author's own: then it is none."""
        return self.state == "approved" and same_person(self.author, self.approvals[-1].actor)


class ApprovalRecord(Frozen):
    digest: str
    decision: str
    actor: str
    reason: str
    at: str
    scope: str = "plan"
    subject: str = ""
    kind: str = ""
    reference: str = ""
    content: str = ""
