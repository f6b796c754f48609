"""Whose organisations somebody from the unified identity is bound to."""

import pytest

from api.http.oidc import scope_of


@pytest.mark.parametrize(
    ("told", "bound"),
    [
        (["U-1", "U-2"], ["U-1", "U-2"]),
        (["*"], None),
        (None, []),  # a claim that is missing opens nothing
        ([], []),
        ("*", []),
        (["*", "U-1"], ["*", "U-1"]),
    ],
)
def test_the_whole_city_must_be_said(told: object, bound: list[str] | None) -> None:
    assert scope_of(told) == bound
