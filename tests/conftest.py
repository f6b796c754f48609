"""Fixtures that the whole suite shares: one lab of real hosts and one NetBox for the session."""

from hypothesis import settings

from tests.lab.fixtures import lab
from tests.netbox.fixtures import netbox, netbox_server

__all__ = ["lab", "netbox", "netbox_server"]

# `make test` asks the same each time, so that a change is judged by what it changed; `make chaos`
# and a plain pytest ask anew.
settings.register_profile("repeatable", derandomize=True, database=None)
