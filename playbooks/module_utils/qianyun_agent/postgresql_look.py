"""Whether a PostgreSQL cluster can be moved. Changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .postgresql import Cluster
    from .preflight import Findings
    from .side import Side


def source(cluster: Cluster, found: Findings) -> dict[str, Any]:
    """The source's cluster is able to have a standby."""
    if not cluster.pid():
        found.expect(
            False,
            f"数据库未运行 / the cluster is not running: {cluster.label}",
            "down",
            "online",
            "启动它 / start it",
        )
        return {}
    sql = """SELECT json_build_object(
      'wal_level', current_setting('wal_level'), 'data_directory', current_setting('data_directory'),
      'listen_addresses', current_setting('listen_addresses'),
      'free_senders', current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_replication),
      'free_slots', current_setting('max_replication_slots')::int
        - (SELECT count(*) FROM pg_replication_slots),
      'prepared', (SELECT count(*) FROM pg_prepared_xacts), 'in_recovery', pg_is_in_recovery(),
      'tablespaces', (SELECT count(*) FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')),
      'collations', (SELECT json_agg(DISTINCT datcollversion) FROM pg_database),
      'sizes', (SELECT json_object_agg(datname, pg_database_size(oid)) FROM pg_database))"""
    state: dict[str, Any] = cluster.session().rows(sql)[0]
    rules = (
        (state["wal_level"] in ("replica", "logical"), "wal_level", "replica | logical"),
        (state["free_senders"] >= 2, "free_senders", "≥ 2 free of max_wal_senders"),
        (state["free_slots"] >= 1, "free_slots", "≥ 1 free of max_replication_slots"),
        (state["prepared"] == 0, "prepared", "no prepared transaction"),
        (not state["in_recovery"], "in_recovery", "a primary"),
        (state["tablespaces"] == 0, "tablespaces", "no tablespace outside the data folder"),
        (state["data_directory"] == str(cluster.data), "data_directory", str(cluster.data)),
        (state["listen_addresses"] in ("*", "::,0.0.0.0", "0.0.0.0,::"), "listen_addresses", "*"),
    )
    for good, name, expected in rules:
        found.expect(
            good,
            f"数据库条件不符 / the cluster does not qualify: {name}",
            state[name],
            expected,
            "由管理员调整后重试 / have it adjusted, then retry",
        )
    return state


def target(cluster: Cluster, side: Side, found: Findings) -> dict[str, Any]:
    """The target has that major version, and nothing in the way."""
    found.expect(
        Path(cluster.program("postgres")).exists(),
        "目标缺少同版本数据库 / no such PostgreSQL on the target",
        "absent",
        cluster.program("postgres"),
        "安装该主版本 / install that major version",
    )
    found.expect(
        not cluster.exists() or bool(side.base(cluster)),
        f"目标已有同名集群 / the target has that cluster: {cluster.label}",
        str(cluster.data),
        "absent, or our own copy",
        "移走该集群或换主机 / move it away or use another host",
    )
    return {}
