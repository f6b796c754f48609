"""The estate: an immutable, typed snapshot of what a city has.

Every object has a stable `code`; objects refer to each other by code. Units: money in yuan,
rates in kbit/s, storage and memory in GiB, dates as ISO dates (requirements D1–D5).

parts.py     what objects are made of: codes, provenance, contacts, workloads, entrances
places.py    organisations, sites, rooms, clouds
network.py   lines, links, nodes, hosts, services
systems.py   systems and their dependencies
projects.py  projects and information resources
estate.py    all of them together
"""

from inventory.choices import Secrecy, Zone
from inventory.frozen import Frozen
from inventory.model.estate import Estate, content
from inventory.model.network import Host, Line, Link, Node, Service
from inventory.model.parts import (
    Code,
    Contact,
    Database,
    Entrance,
    HostKey,
    HostPath,
    Placement,
    Port,
    Provenance,
    Thing,
    Tree,
    UnitName,
    Workload,
)
from inventory.model.places import Cloud, Organisation, Room, Site
from inventory.model.projects import Project, Resource
from inventory.model.systems import TOLD_ADDRESSES, Dependency, System

__all__ = [
    "TOLD_ADDRESSES",
    "Cloud",
    "Code",
    "Contact",
    "Database",
    "Dependency",
    "Entrance",
    "Estate",
    "Frozen",
    "Host",
    "HostKey",
    "HostPath",
    "Line",
    "Link",
    "Node",
    "Organisation",
    "Placement",
    "Port",
    "Project",
    "Provenance",
    "Resource",
    "Room",
    "Secrecy",
    "Service",
    "Site",
    "System",
    "Thing",
    "Tree",
    "UnitName",
    "Workload",
    "Zone",
    "content",
]
