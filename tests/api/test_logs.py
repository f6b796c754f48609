"""Logs: one form for our lines and the libraries', and no secret in any of them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from pydantic import SecretStr

from api.logs import MASK, Form, Redactor, configure


@pytest.fixture(autouse=True)
def _leave_logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_is_one_json_object() -> None:
    out = io.StringIO()
    configure(stream=out)
    structlog.get_logger("migrator").info("step started", item="LJ-S-001", name="就业登记系统")
    line = json.loads(out.getvalue())
    assert line["event"] == "step started"
    assert (line["item"], line["name"]) == ("LJ-S-001", "就业登记系统")
    assert (line["level"], line["logger"]) == ("info", "migrator")


def test_lines_of_libraries_take_the_same_form() -> None:
    out = io.StringIO()
    configure(stream=out)
    logging.getLogger("uvicorn.error").warning("bound to %s", "[::1]:8400", extra={"port": 8400})
    line = json.loads(out.getvalue())
    assert (line["event"], line["logger"]) == ("bound to [::1]:8400", "uvicorn.error")
    assert line["port"] == 8400


@pytest.mark.parametrize("form", ["json", "console"])
def test_secrets_stay_out_of_every_part_of_a_line(form: Form) -> None:
    out = io.StringIO()
    configure(secrets=["hunter2"], form=form, stream=out)
    log = structlog.get_logger("api")
    log.info("hunter2", a="x hunter2 y", b={"hunter2": ["hunter2"]}, c=SecretStr("unknown"))
    logging.getLogger("paramiko").warning("login with %s", "hunter2")
    try:
        raise ValueError("wrong password hunter2")
    except ValueError:
        log.exception("failed")
    written = out.getvalue()
    assert "ValueError" in written
    assert MASK in written
    assert "hunter2" not in written
    assert "unknown" not in written


def test_longer_secret_leaves_no_tail() -> None:
    assert Redactor(["pass", "pass-word", ""]).text("pass-word pass") == f"{MASK} {MASK}"
