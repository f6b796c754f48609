"""Every page's routes, in the order in which addresses are looked up."""

from collections.abc import Callable

from fastapi import APIRouter

from api.pages import (
    admin,
    conflicts,
    ledgers,
    network,
    network_plans,
    overview,
    plans,
    policies,
    probes,
    records,
    reports,
    runs,
    saved_filters,
    systems,
)
from api.pages.site import Site

ROUTES: tuple[Callable[[Site], APIRouter], ...] = (
    overview.routes,
    systems.routes,
    saved_filters.routes,
    network.routes,
    network_plans.routes,
    plans.routes,
    runs.routes,
    probes.routes,
    records.routes,  # before a policy's address
    policies.routes,
    reports.routes,
    conflicts.routes,  # before an upload's address
    ledgers.routes,
    admin.routes,
)
