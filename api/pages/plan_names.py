"""What systems of a plan are called on pages."""

from inventory.secrecy import CLASSIFIED_NAME
from migrator.planning.plan import Disposition, Verdict


def name_in(verdict: Verdict, secret: frozenset[str]) -> str:
    """What a system of a plan is called on a page: a classified one never by its name (G7)."""
    hides = verdict.disposition is Disposition.STUB or verdict.system in secret
    return CLASSIFIED_NAME if hides else verdict.name
