"""就业登记系统 once more, as a Python application under gunicorn, over MariaDB or Redis.

The same requests as app.py. The environment's STORE says which database: mariadb (the user's own
login, by the local socket) or redis (its password in /srv/entries/secret).
"""

import json
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

NAME = "就业登记系统"
LOCAL = threading.local()


class OverMariadb:
    def __init__(self) -> None:
        import pymysql  # type: ignore[import-not-found]

        self.connection = pymysql.connect(
            unix_socket="/run/mysqld/mysqld.sock", user="lj", database="entries", connect_timeout=2
        )

    def count(self) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM entries")
            return int(cursor.fetchone()[0])

    def add(self, number: int, body: str) -> bool:
        with self.connection.cursor() as cursor:
            sql = "INSERT IGNORE INTO entries (id, body, at) VALUES (%s, %s, now())"
            added = cursor.execute(sql, (number, body))
        self.connection.commit()
        return bool(added)

    def close(self) -> None:
        self.connection.close()


class OverRedis:
    def __init__(self) -> None:
        import redis  # type: ignore[import-not-found]

        secret = Path("/srv/entries/secret").read_text().strip()
        self.connection = redis.Redis(password=secret, socket_timeout=5, decode_responses=True)

    def count(self) -> int:
        return int(self.connection.dbsize())

    def add(self, number: int, body: str) -> bool:
        return bool(self.connection.set(f"entry:{number}", body, nx=True))

    def close(self) -> None:
        self.connection.close()


def ask(work: Callable[[Any], Any]) -> Any:
    """Does the work in this thread's session, which is opened when needed."""
    try:
        if getattr(LOCAL, "store", None) is None:
            LOCAL.store = OverMariadb() if os.environ["STORE"] == "mariadb" else OverRedis()
        return work(LOCAL.store)
    except Exception:
        store, LOCAL.store = getattr(LOCAL, "store", None), None
        if store is not None:
            store.close()
        raise


def answer(environ: dict[str, Any]) -> tuple[str, str]:
    way = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    if way == "GET /healthz":
        ask(lambda store: store.count())
        return "200 OK", f"{NAME} 正常\n"
    if way == "GET /entries/count":
        return "200 OK", str(ask(lambda store: store.count()))
    if way != "POST /entries":
        return "404 Not Found", "not found\n"
    entry = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    added = ask(lambda store: store.add(int(entry["id"]), str(entry["body"])))
    return ("201 Created" if added else "200 OK"), ""


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    try:
        status, text = answer(environ)
    except Exception as error:
        status, text = "503 Service Unavailable", f"{type(error).__name__}: {error}\n"
    body = text.encode()
    start(
        status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    )
    return [body]
