"""Fixtures that the whole suite shares: one lab of real hosts for the session."""

from tests.lab.fixtures import lab

__all__ = ["lab"]
