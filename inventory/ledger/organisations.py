"""One organisation, several spellings: 云州市人力资源和社会保障局, 云州市人社局, 市人社局."""

import re
from collections import defaultdict
from collections.abc import Iterable

from inventory.ledger.words import Words, squeeze

# "市场监管局" is no city's name, so 市 before 场 is not where the prefix ends
_CITY = re.compile(r"^[^市]{0,6}市(?!场)")


def organisation_key(name: str, words: Words) -> str:
    """Equal for spellings of one organisation: without the city, short words made full."""
    key = _CITY.sub("", squeeze(name), count=1)
    for short, full in words.short_names.items():
        if short in key and full not in key:
            key = key.replace(short, full)
            break
    # 卫生健康委员会局 can't be: "卫健委" is replaced whole, "交通局" with its 局
    return key


def full_names(names: Iterable[str], words: Words) -> dict[str, str]:
    """Every spelling → the fullest spelling of the same organisation (the longest, then first in
    order), for ledgers that have no table of organisations."""
    groups: dict[str, set[str]] = defaultdict(set)
    for name in names:
        groups[organisation_key(name, words)].add(name)
    return {
        name: sorted(group, key=lambda n: (-len(n), n))[0]
        for group in groups.values()
        for name in group
    }
