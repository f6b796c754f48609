"""Fixtures that the whole suite shares: one lab of real hosts and one NetBox for the session."""

from tests.lab.fixtures import lab
from tests.netbox.fixtures import netbox, netbox_server

__all__ = ["lab", "netbox", "netbox_server"]
