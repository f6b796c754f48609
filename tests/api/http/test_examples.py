"""Every JSON body and answer of the document has an example, which its own schema allows."""

import jsonschema_rs

from api.bootstrap import Qianyun
from api.http.app import make_app
from api.http.document import operations


def test_each_has_one_that_fits(product: Qianyun) -> None:
    document = make_app(product).openapi()
    seen = 0
    for operation in operations(document):
        good = [a for status, a in operation["responses"].items() if status.startswith("2")]
        for part in (operation.get("requestBody", {}), *good):
            content = part.get("content", {}).get("application/json")
            if content is None or not content.get("schema"):
                continue
            schema = content["schema"] | {"components": document["components"]}
            jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(
                content["example"]
            )
            seen += 1
    assert seen > 140
