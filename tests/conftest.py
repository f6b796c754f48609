"""Fixtures that the whole suite shares: one lab of real hosts and one NetBox for the session."""

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling, Scheduling

from tests.lab.fixtures import lab
from tests.netbox.fixtures import netbox, netbox_server

__all__ = ["lab", "netbox", "netbox_server"]

# `make test` asks the same each time, so that a change is judged by what it changed, and half as
# often as hypothesis would; `make chaos` and a plain pytest ask anew and as often as it would. No
# test is held to a time: the machine may be busy.
settings.register_profile("anew", deadline=None)
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, database=None, max_examples=50
)
settings.load_profile("anew")


class ByFile(LoadFileScheduling):
    """A worker takes whole files; all that speak to NetBox are one, for a NetBox takes some 24 s of
    processor time before it holds what they ask for."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "netbox" if "netbox" in file else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return ByFile(config, log)
