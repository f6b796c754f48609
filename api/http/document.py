"""The OpenAPI document, so that programs which make clients of it can.

FastAPI names a schema that two modules have by its module, and leaves both with one title: generators
make a class by the title and lose one of the two. Here a schema's title is its name in the document.
A file that is answered is said to be one.
"""

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from api.http.examples import exemplify
from api.http.methods import Methods

PROBLEM = "application/problem+json"
_REF = "#/components/schemas/"


class Api(FastAPI):
    """An app whose document a generated client can use; made once, at the first question. That takes
    seconds, in a thread: an event loop that makes it answers nobody else."""

    _making: threading.Lock
    _written: bytes | None = None

    def setup(self) -> None:
        self._making = threading.Lock()

        async def openapi(_request: Request) -> Response:
            body = self._written or await run_in_threadpool(self.written)
            return Response(body, media_type="application/json")

        self.add_route(str(self.openapi_url), openapi, include_in_schema=False)

    def build_middleware_stack(self) -> ASGIApp:
        return Methods(super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = described(super().openapi())
        return self.openapi_schema

    def written(self) -> bytes:
        """The document's bytes; who comes while they are made waits for them."""
        with self._making:
            if self._written is None:
                told = json.dumps(self.openapi(), ensure_ascii=False, separators=(",", ":"))
                self._written = told.encode()
            return self._written


def described(document: dict[str, Any]) -> dict[str, Any]:
    """The document with one title for each schema, files as files, and problems as what they are."""
    schemas = document["components"]["schemas"]
    names = {name: _plain(name) for name in schemas}
    if len(set(names.values())) != len(names):
        raise ValueError(f"two schemas of one name: {sorted(names.values())}")
    text = json.dumps(document, ensure_ascii=False)
    told: dict[str, Any] = json.loads(
        re.sub(rf"{_REF}([\w.-]+)", lambda found: _REF + names[found[1]], text)
    )
    told["components"]["schemas"] = {
        names[name]: schema | ({"title": names[name]} if "title" in schema else {})
        for name, schema in told["components"]["schemas"].items()
    }
    for upload in _uploads(told["components"]["schemas"]):
        upload["format"] = "binary"  # generators read that, and not JSON Schema's contentMediaType
    for operation in operations(told):
        for answer in operation["responses"].values():
            _tell_media(answer.get("content", {}))
    exemplify(told)
    return told


def _tell_media(content: dict[str, Any]) -> None:
    if PROBLEM in content:
        content[PROBLEM] = content.pop("application/json", content[PROBLEM])
    for media, told in content.items():
        if not told and not media.endswith("json"):
            told["schema"] = {"type": "string", "format": "binary"}


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Every operation of a document."""
    return [operation for verbs in document["paths"].values() for operation in verbs.values()]


def _uploads(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if part.get("contentMediaType") == "application/octet-stream":
            yield part
        for inner in part.values():
            yield from _uploads(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _uploads(inner)


def _plain(name: str) -> str:
    """A name without its module's underscores: inventory__model__Line → InventoryModelLine."""
    if "__" not in name:
        return name
    parts = re.split(r"_+", name)
    return "".join(part[:1].upper() + part[1:] for part in parts)
