"""NetBox's database: restored from a dump, kept as a template, made anew from it."""

import lzma
import os
import subprocess
from pathlib import Path

from psycopg import sql

from tests.postgres import UPPER, Cluster

LIVE = "netbox"
TEMPLATE = "netbox_template"


def exists(cluster: Cluster, name: str) -> bool:
    with cluster.connect() as server:
        found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return found.fetchone() is not None


def create(cluster: Cluster) -> None:
    """The live database with nothing in it."""
    with cluster.connect() as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(LIVE)))


def restore(cluster: Cluster, dump: Path) -> None:
    """Into the empty live database what the dump (.sql.xz) holds."""
    words = ["psql", "--quiet", "--no-psqlrc", "--output=/dev/null", "--set=ON_ERROR_STOP=1"]
    subprocess.run(
        [*words, f"--host={cluster.sockets}", "--username=postgres", f"--dbname={LIVE}"],
        input=lzma.decompress(dump.read_bytes()),
        # Thousands of small commits need not each reach the disk; the next checkpoint brings them.
        env=os.environ | {"PGOPTIONS": "-c synchronous_commit=off"},
        check=True,
        timeout=UPPER,
    )


def keep_as_template(cluster: Cluster, name: str = TEMPLATE) -> None:
    """What the live database holds now is what `reset` goes back to."""
    with cluster.connect() as server:
        # A rename needs the database for itself; clients come again by themselves.
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [LIVE]
        )
        live, template = sql.Identifier(LIVE), sql.Identifier(name)
        server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(live, template))
    reset(cluster, name)


def reset(cluster: Cluster, name: str = TEMPLATE) -> None:
    """The live database as the template is; whoever is connected is cut off."""
    live, template = sql.Identifier(LIVE), sql.Identifier(name)
    with cluster.connect() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(live))
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(live, template))
