"""Which class keeps which engine's databases."""

from __future__ import annotations

from typing import Callable, Dict

from .mariadb import Mariadb
from .move import Database
from .postgresql import Cluster
from .redis import Redis
from .store import Store

ENGINES: Dict[str, Callable[[Database], Store]] = {
    "postgresql": Cluster,
    "mariadb": Mariadb,
    "redis": Redis,
}


def store(of: Database) -> Store:
    return ENGINES[of.engine](of)
