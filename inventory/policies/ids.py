"""What packs, their entries and sets are called: also for records, which need no pack."""

from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

from inventory.policies.facts import SETS

EntryId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,31}$")]
PackId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


def _set(value: str) -> str:
    if value not in SETS:
        raise ValueError(f"应为其一 / expected one of: {'、'.join(SETS)}")
    return value


SetName = Annotated[str, BeforeValidator(_set)]
