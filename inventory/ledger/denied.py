"""Headers that ask for the opposite of a field: 是否非涉密, 未接入共享平台, 不面向公众. Pure.

To read them as their field would turn every answer round, so they are told as unknown instead.
"""

import re

from inventory.ledger.fields import TICKS

_QUESTIONS = frozenset({"secrecy"}).union(*TICKS.values())
# what holds one of these letters and denies nothing: 能不能, 有没有, 涉密/非涉密, 不动产
_HARMLESS = re.compile(
    r"(.)[不没未]\1|有无|[/、或与和及](?:非|不|未)[^/、或与和及]*|不动产|非税|非遗|非公|未来|未成年|不[限良明]"
)
_DENIES = re.compile(r"[非未不]|没有")


def denied(field: str, header: str) -> bool:
    """Whether a header that has the marks of a field of yes and no asks for its opposite."""
    return field in _QUESTIONS and _DENIES.search(_HARMLESS.sub("", header)) is not None
