"""Runs on a lab host: `talk.py listen=8080,9000 connect=10.0.0.1:8080,…`. Holds what it opened."""

import socket
import sys
import threading
import time


def listen(port: int) -> None:
    server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    held = []
    while True:
        held.append(server.accept()[0])


def connect(place: str) -> None:
    host, _, port = place.rpartition(":")
    while True:  # the other may still be booting
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=2) as held:
                held.settimeout(None)
                held.recv(1)
        except OSError:
            time.sleep(0.05)


for argument in sys.argv[1:]:
    word, _, values = argument.partition("=")
    for value in filter(None, values.split(",")):
        work = threading.Thread(
            target=listen if word == "listen" else connect,
            args=(int(value) if word == "listen" else value,),
        )
        work.start()
