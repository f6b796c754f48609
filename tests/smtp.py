"""A mail server on loopback that keeps what it is given: enough of RFC 5321 and of AUTH for a client."""

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Post:
    """`mails` as they were accepted; `logins`: (user, password) that were told."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    refuse: str = ""  # an answer to DATA in the place of taking it


@contextmanager
def mail_server(post: Post | None = None) -> Iterator[Post]:
    """Serves until it is left; a `post` of before keeps its port."""
    post = post or Post()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 localhost ESMTP")
            while line := self.rfile.readline():
                verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
                if verb.upper() == "QUIT":
                    self._say("221 bye")
                    return
                self._answer(verb.upper(), rest)

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def _answer(self, verb: str, rest: str) -> None:
            if verb in {"EHLO", "HELO"}:
                self._say("250-localhost\r\n250-SMTPUTF8\r\n250-8BITMIME\r\n250 AUTH PLAIN")
            elif verb == "AUTH":
                _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
                post.logins.append((user, password))
                self._say("235 welcome")
            elif verb == "DATA" and post.refuse:
                self._say(post.refuse)
            elif verb == "DATA":
                self._say("354 go on")
                lines = []
                while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                    lines.append(line[1:] if line.startswith(b".") else line)
                post.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
                self._say("250 taken")
            else:
                self._say("250 ok")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", post.port), Handler) as server:
        post.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield post
        finally:
            server.shutdown()
            thread.join()
