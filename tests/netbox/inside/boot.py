"""Starts NetBox's web server, run by NetBox's own Python:  boot.py ORDER (a JSON object).

{"listen": [file descriptors], "shell": path of the shell's socket, "workers": n, "threads": n}.
NetBox is loaded once and the workers are forked from that, so that it starts in half the time. The
admin named in conf/facts.json is made where there is no user yet.
"""

import gc
import json
import os
import sys
from pathlib import Path

import shell
from django.contrib.staticfiles.handlers import StaticFilesHandler
from gunicorn.app.base import BaseApplication
from netbox.wsgi import application


class Server(BaseApplication):
    def __init__(self, options):
        self._options = options
        super().__init__()

    def load_config(self):
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self):
        # NetBox's style sheets and scripts too: there is no other web server in front.
        return StaticFilesHandler(application)


def make_admin(facts):
    """Once, in an empty database: a superuser with a token that may write."""
    from users.models import Token, User

    if User.objects.exists():
        return
    admin = User.objects.create_superuser(facts["user"], password=facts["password"])
    key, _, secret = facts["token"].removeprefix("nbt_").partition(".")
    Token(user=admin, version=2, key=key, token=secret, description="Qianyun").save()


def main():
    order = json.loads(sys.argv[1])
    conf = Path(os.environ["NETBOX_ROOT"]) / "conf"
    make_admin(json.loads((conf / "facts.json").read_text(encoding="utf-8")))
    from django.db import connections

    connections.close_all()  # a connection may not be shared by forked processes
    gc.collect()
    gc.freeze()
    shell.serve(order["shell"], closing=order["listen"])
    Server(
        {
            "bind": [f"fd://{number}" for number in order["listen"]],
            "workers": order["workers"],
            "threads": order["threads"],
            "worker_class": "gthread",
            "timeout": 300,
            "graceful_timeout": 5,
            "keepalive": 30,
            "control_socket_disable": True,
        }
    ).run()


if __name__ == "__main__":
    main()
