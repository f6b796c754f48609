"""Whether a MariaDB can be moved, and what is in it. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .parity import BUDGET
from .sqlclient import SqlClient

if TYPE_CHECKING:
    from .mariadb import Mariadb
    from .preflight import Findings
    from .side import Side

SYSTEM = "('mysql', 'information_schema', 'performance_schema', 'sys')"
DATABASES = f"""
SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN {SYSTEM}
ORDER BY schema_name
"""  # noqa: S608
TABLES = f"""
SELECT JSON_OBJECT('schema', table_schema, 'oid', table_name, 'table', table_name,
  'size', COALESCE(data_length, 0) + 0)
FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema NOT IN {SYSTEM}
ORDER BY table_schema, table_name
"""  # noqa: S608
SETTINGS = f"""
SELECT JSON_OBJECT('version', VERSION(), 'server_id', @@server_id, 'log_bin', @@log_bin + 0,
  'log_slave_updates', @@log_slave_updates + 0, 'binlog_format', @@binlog_format,
  'read_only', @@read_only + 0, 'sql_mode', @@sql_mode,
  'lower_case_table_names', @@lower_case_table_names,
  'character_set_server', @@character_set_server, 'collation_server', @@collation_server,
  'databases', (SELECT COUNT(*) FROM information_schema.schemata
                WHERE schema_name NOT IN {SYSTEM}),
  'not_innodb', (SELECT COUNT(*) FROM information_schema.tables WHERE table_type = 'BASE TABLE'
                 AND engine <> 'InnoDB' AND table_schema NOT IN {SYSTEM}),
  'events', (SELECT COUNT(*) FROM information_schema.events WHERE @@event_scheduler = 'ON'),
  'past_read_only', (SELECT GROUP_CONCAT(grantee) FROM information_schema.user_privileges
                     WHERE privilege_type IN ('READ_ONLY ADMIN', 'READ ONLY ADMIN')
                       AND grantee NOT IN ('''root''@''localhost''', '''mysql''@''localhost''',
                                           '''mariadb.sys''@''localhost''')))
"""  # noqa: S608
ALIKE = ("sql_mode", "lower_case_table_names", "character_set_server", "collation_server")
ASK = "由管理员调整后重试 / have it adjusted, then retry"


def databases(session: SqlClient) -> list[str]:
    """Names of the databases that are not the server's own."""
    return session.query(DATABASES)


def tables(session: SqlClient, budget: int = BUDGET) -> dict[str, list[dict[str, Any]]]:
    """By database: {"oid", "table", "read"}; the smallest tables first fit the budget."""
    rows, left = session.rows(TABLES), budget
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda one: (int(one["size"]), one["schema"], one["oid"])):
        left -= int(row["size"])
        one = {"oid": row["oid"], "table": row["table"], "read": left >= 0}
        found.setdefault(str(row["schema"]), []).append(one)
    return found


def _settings(store: Mariadb, found: Findings) -> dict[str, Any]:
    if not (store.pid() and store.answers()):
        found.expect(
            False, f"数据库未运行 / the database is not running: {store.label}", "down", "online",
            "启动它 / start it",
        )  # fmt: skip
        return {}
    return store.session().rows(SETTINGS)[0]


def _rules(
    store: Mariadb, state: dict[str, Any], rules: list[tuple[bool, str, str]], found: Findings
) -> None:
    for good, name, expected in rules:
        what = f"数据库条件不符 / the database does not qualify: {store.label} {name}"
        found.expect(good, what, state[name], expected, ASK)


def _logging(state: dict[str, Any]) -> list[tuple[bool, str, str]]:
    """Both sides write a log of all that reaches them, since each may have to feed the other."""
    return [
        (state["log_bin"] == 1, "log_bin", "log_bin=ON (a restart)"),
        (state["log_slave_updates"] == 1, "log_slave_updates", "log_slave_updates=ON (a restart)"),
        (state["binlog_format"] in ("ROW", "MIXED"), "binlog_format", "ROW | MIXED"),
    ]


def source(store: Mariadb, found: Findings) -> dict[str, Any]:
    """Settings of the source's server; finds what keeps it from being a primary."""
    state = _settings(store, found)
    if not state:
        return {}
    more = [
        (state["read_only"] == 0, "read_only", "0, a primary"),
        (state["databases"] > 0, "databases", "at least one"),
        (state["not_innodb"] == 0, "not_innodb", "0 tables of other engines than InnoDB"),
        (state["events"] == 0, "events", "0 events while event_scheduler is ON"),
        (not state["past_read_only"], "past_read_only", "READ ONLY ADMIN (in ALL PRIVILEGES) for root alone"),
    ]  # fmt: skip
    _rules(store, state, _logging(state) + more, found)
    return state


def target(store: Mariadb, side: Side, found: Findings) -> dict[str, Any]:
    """Settings of the target's server, which has to be empty or our own copy."""
    if side.base(store) and not store.pid():
        return {}  # a move that was given up stopped it; presync starts it
    state = _settings(store, found)
    if not state:
        return {}
    empty = state["databases"] == 0 or bool(side.base(store))
    _rules(store, state, [*_logging(state), (empty, "databases", "0, or our own copy")], found)
    return state


def compare(here: dict[str, Any], there: dict[str, Any], found: Findings) -> None:
    """The two servers fit together."""
    if not (here and there):
        return
    for name in ALIKE:
        what = f"两端数据库设置不同 / the databases are set differently: {name}"
        found.expect(here[name] == there[name], what, here[name], str(there[name]), ASK)
    found.expect(
        here["server_id"] != there["server_id"],
        "两端 server_id 相同 / both have the same server_id", here["server_id"], "another one", ASK,
    )  # fmt: skip
    ours, theirs = (tuple(map(int, one["version"].split(".")[:2])) for one in (here, there))
    found.expect(
        ours >= theirs, "目标数据库版本较旧 / the target's version is older",
        here["version"], f"≥ {there['version']}", "升级目标 / upgrade the target",
    )  # fmt: skip
