"""Which names are one person's."""

from unicodedata import normalize


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, however they were typed: wide or narrow, large or small.

    Unicode's compatibility caseless match (chapter 3.13, D146).
    """
    return folded(one) == folded(other)


def folded(name: str) -> str:
    """A name as it is compared."""

    def fold(text: str) -> str:
        return normalize("NFKC", text).casefold()

    return normalize("NFKC", fold(fold(normalize("NFD", name)))).strip()
