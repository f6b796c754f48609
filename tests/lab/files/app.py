"""就业登记系统: a small HTTP application over PostgreSQL. Runs with the host's python3.

GET /healthz, GET /entries/count, POST /entries with {"id": N, "body": text}. A POST is answered
201 only once the row is committed, 200 if that id was there before, 503 if the database is not.
"""

import argparse
import json
import os
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]

NAME = "就业登记系统"
LOCAL = threading.local()
LAST_REQUESTS_S = 5.0


def query(sql: str, values: tuple[Any, ...] = ()) -> "tuple[int, list[Any]]":
    """Runs one statement and commits it; gives the number of rows touched and the rows."""
    try:
        if getattr(LOCAL, "connection", None) is None:
            LOCAL.connection = psycopg2.connect(
                dbname="entries", host="/var/run/postgresql", connect_timeout=2
            )
        with LOCAL.connection, LOCAL.connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.rowcount, cursor.fetchall() if cursor.description else []
    except psycopg2.Error:
        connection, LOCAL.connection = getattr(LOCAL, "connection", None), None
        if connection is not None:
            connection.close()
        raise


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self.answer(lambda: (200, f"{NAME} 正常\n" if query("SELECT 1") else ""))
        elif self.path == "/entries/count":
            self.answer(lambda: (200, str(query("SELECT count(*) FROM entries")[1][0][0])))
        else:
            self.send(404, "not found\n")

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != "/entries":
            self.send(404, "not found\n")
            return
        try:
            entry = json.loads(raw)
            values = (int(entry["id"]), str(entry["body"]))
        except (ValueError, KeyError, TypeError):
            self.send(400, 'expected {"id": number, "body": text}\n')
            return
        insert = "INSERT INTO entries (id, body, at) VALUES (%s, %s, now()) ON CONFLICT DO NOTHING"
        self.answer(lambda: (201 if query(insert, values)[0] else 200, ""))

    def answer(self, work: Any) -> None:
        with self.server.busy:
            try:
                status, text = work()
            except psycopg2.Error as error:
                status, text = 503, f"database: {str(error).strip()}\n"
            self.send(status, text)

    def send(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class Busy:
    """Counts requests at work, so that a stop lets them end."""

    def __init__(self) -> None:
        self.count = 0
        self.changed = threading.Condition()

    def __enter__(self) -> None:
        with self.changed:
            self.count += 1

    def __exit__(self, *_: object) -> None:
        with self.changed:
            self.count -= 1
            self.changed.notify_all()

    def drain(self, seconds: float) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.count == 0, seconds)


class Server(ThreadingHTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        self.busy = Busy()
        super().__init__(("::", port), Handler)

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def detach(pid_file: str, log: str) -> None:
    if os.fork():
        os._exit(0)
    os.setsid()
    Path(pid_file).write_text(f"{os.getpid()}\n")
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    null = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((null, 0), (out, 1), (out, 2)):
        os.dup2(old, new)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--pid-file", required=True)
    parser.add_argument("--log", required=True)
    options = parser.parse_args()
    server = Server(options.port)
    detach(options.pid_file, options.log)
    signal.signal(
        signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start()
    )
    server.serve_forever(poll_interval=0.05)
    server.server_close()
    server.busy.drain(LAST_REQUESTS_S)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
