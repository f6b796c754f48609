"""Data parity of two copies of a cluster: per table its rows and an order-free checksum.

Within the hold only tables that fit a budget of bytes are read; the rest is covered by the log
position alone (physical copies) and told as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from .errors import AgentError

if TYPE_CHECKING:
    from .postgresql import Cluster

BUDGET = 16 << 20  # bytes of tables read within the hold: some 0.2 s
TABLES = """
SELECT json_build_object('oid', oid::int8, 'table', name,
  'read', (sum(size) OVER (ORDER BY size, oid)) <= {budget})
FROM (SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, pg_relation_size(c.oid) AS size
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND c.relpersistence = 'p'
        AND n.nspname NOT IN ('pg_catalog', 'information_schema')) AS tables
ORDER BY oid
"""
COUNTS = """
SELECT format('SELECT json_build_object(''oid'', %s, ''rows'', count(*), ''sum'','
              ' coalesce(sum((''x'' || left(md5(t::text), 15))::bit(60)::int8), 0)::text)'
              ' FROM ONLY %I.%I t', c.oid, n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid IN ({oids}) ORDER BY c.oid \\gexec
"""
DATABASES = (
    "SELECT json_build_object('name', datname) FROM pg_database"
    " WHERE datallowconn AND datname <> 'template0' ORDER BY datname"
)


def names(cluster: Cluster) -> list[str]:
    """Names of the databases that can be connected to."""
    return [str(row["name"]) for row in cluster.session().rows(DATABASES)]


def tables(cluster: Cluster, budget: int = BUDGET) -> dict[str, list[dict[str, Any]]]:
    """By database: {"oid", "table", "read"}; `read` says whether it fits the budget."""
    sql = TABLES.format(budget=int(budget))
    return {name: cluster.session(name).rows(sql) for name in names(cluster)}


def counts(cluster: Cluster, wanted: dict[str, list[Any]], seconds: float) -> dict[str, Any]:
    """By database and oid: [rows, checksum] of the tables wanted."""
    found: dict[str, Any] = {}
    for name, oids in wanted.items():
        if not oids:
            continue
        sql = COUNTS.format(oids=", ".join(str(int(oid)) for oid in oids))
        rows = cluster.session(name).rows(sql, seconds)
        found[name] = {str(row["oid"]): [row["rows"], row["sum"]] for row in rows}
    return found


def wanted(listed: dict[str, list[dict[str, Any]]]) -> dict[str, list[Any]]:
    """Oids of the tables to read, by database."""
    return {name: [row["oid"] for row in rows if row["read"]] for name, rows in listed.items()}


def compare(
    listed: dict[str, list[dict[str, Any]]], source: dict[str, Any], target: dict[str, Any]
) -> dict[str, Any]:
    """Evidence of equality; raises AgentError naming the first table that differs."""
    shown: list[dict[str, Any]] = []
    unread = 0
    for name, rows in listed.items():
        for row in rows:
            if not row["read"]:
                unread += 1
                continue
            one: Optional[list[Any]] = source.get(name, {}).get(str(row["oid"]))
            other: Optional[list[Any]] = target.get(name, {}).get(str(row["oid"]))
            if one is None or one != other:
                raise AgentError(
                    f"数据不一致 / the data differs: {name} {row['table']}",
                    read=f"source {one}, target {other} (rows, checksum)",
                    expected="equal",
                    do="源端仍可用；检查是否有绕过入口的写入 / look for writers that bypass the entrance",
                )
            shown.append({"database": name, "table": row["table"], "rows": one[0], "sum": one[1]})
    return {"tables": shown[:50], "compared": len(shown), "by_log_position_only": unread}
