"""What people and programs send who mean no good: sizes, names, forgeries, replays, redirects."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Qianyun
from api.http.guard import LARGEST
from api.http.ledgers import ledger_name
from api.http.people import CSRF_HEADER, local_path
from api.http.problems import Refusal
from api.settings import load
from migrator.people.rights import Role
from tests.api.http.client import LOCAL, Client, token_of

PASSWORD = "correct horse battery"
TOKEN = "alertmanager-token-of-both"


@pytest.fixture
def product(state: Path, monkeypatch: pytest.MonkeyPatch) -> Qianyun:
    monkeypatch.setenv("QIANYUN_ALERTMANAGER_TOKEN", TOKEN)
    return Qianyun(load())


@pytest.fixture
def planner(product: Qianyun) -> Client:
    return Client(product, token_of(product, Role.PLANNER))


def sent(client: Client, name: str, body: bytes, **more: Any) -> Any:
    return client.post("/api/v1/inventory/check", files=[("ledgers", (name, body))], **more)


def test_what_is_too_large_is_refused_before_it_is_read(planner: Client) -> None:
    answer = planner.post(
        "/api/v1/inventory/check",
        {"Content-Length": str(100 * 1024 * 1024), "Content-Type": "multipart/form-data"},
        content=b"",
    )
    assert answer.status_code == 413


def test_a_length_that_lies_does_not_help(planner: Client) -> None:
    def parts() -> Any:
        async def stream() -> Any:
            yield b'--x\r\nContent-Disposition: form-data; name="ledgers"; filename="a.csv"\r\n\r\n'
            for _ in range(LARGEST // (1 << 20) + 2):
                yield b"a" * (1 << 20)

        return stream()

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = planner.post("/api/v1/inventory/check", headers, content=parts())
    assert answer.status_code == 413


def test_a_zip_bomb_is_refused(planner: Client) -> None:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file,
        file.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet,
    ):
        for _ in range(600):
            sheet.write(b"\0" * (1 << 20))  # 600 MiB in 0.6
    answer = sent(planner, "bomb.xlsx", packed.getvalue())
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "told",
    [
        "../../etc/passwd.csv",
        "..\\..\\x.csv",
        "/etc/x.csv",
        "a/../../b.CSV",
        "\x00a.csv",
        "\u202ea.csv",
    ],
)
def test_no_name_leads_out_of_our_folder(told: str) -> None:
    made = ledger_name(told, 1)
    assert "/" not in made
    assert "\\" not in made
    assert "\0" not in made
    assert Path("/x/1", made).resolve().parent == Path("/x/1")


@pytest.mark.parametrize("told", ["a.exe", "passwd", "", "..", "a.xlsx.sh", "x" * 5000])
def test_what_is_no_ledger_is_refused(told: str) -> None:
    with pytest.raises(Refusal):
        ledger_name(told, 1)


@pytest.mark.parametrize(
    "told",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
        "javascript:alert(1)", "/ok\r\nSet-Cookie: x=1", "\t//evil.example", "evil", "", None,
        "https:evil.example", "///evil.example",
    ],
)  # fmt: skip
def test_nobody_is_led_to_another_site(told: str | None) -> None:
    assert local_path(told) == "/"


@pytest.mark.parametrize("told", ["/plans", "/runs/R-1?tab=log#x", "/系统/1"])
def test_our_own_pages_are_gone_to(told: str) -> None:
    assert local_path(told) == told


@pytest.mark.parametrize("token", ["", "qy_", "qy_" + "a" * 43, "x" * 100_000, "null", "ü"])
def test_tokens_that_are_none(product: Qianyun, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode()}
    assert Client(product).get("/api/v1/session", headers).status_code == 401


def test_a_session_cannot_be_replayed_after_it_ended(product: Qianyun) -> None:
    product.accounts.add(LOCAL, "li", [Role.VIEWER], password=PASSWORD)
    client = Client(product)
    told = client.post("/api/v1/session", json={"name": "li", "password": PASSWORD})
    cookie = client.cookies["qianyun_session"]
    assert client.ask("DELETE", "/api/v1/session").status_code == 403  # without its CSRF token
    forged = {CSRF_HEADER: told.json()["csrf"], "Origin": "https://evil.example"}
    assert client.ask("DELETE", "/api/v1/session", forged).status_code == 403
    headers = {CSRF_HEADER: told.json()["csrf"], "Origin": "http://127.0.0.1"}
    assert client.ask("DELETE", "/api/v1/session", headers).status_code == 204
    again = Client(product, app=client.app)
    assert again.get("/api/v1/session", {"Cookie": f"qianyun_session={cookie}"}).status_code == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(
    product: Qianyun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIANYUN_PUBLIC_URL", "https://127.0.0.1")
    behind = Qianyun(load())
    behind.accounts.add(LOCAL, "li", [Role.VIEWER], password=PASSWORD)
    told = Client(behind).post("/api/v1/session", json={"name": "li", "password": PASSWORD})
    cookie = told.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=lax", "secure", "path=/"))


FIRING = {"version": "4", "status": "firing", "groupKey": "g", "alerts": [
    {"status": "firing", "labels": {"alertname": "LineDown", "code": "YZ-1"}}]}  # fmt: skip


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1]])
def test_forged_alerts_are_refused(product: Qianyun, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = Client(product).post("/api/v1/hooks/alertmanager", headers, json=FIRING)
    assert answer.status_code == 401
    assert not [e for e in product.truth.audit_entries() if e.action.startswith("alert.")]


def test_alerts_are_taken_once(product: Qianyun) -> None:
    client, headers = Client(product), {"Authorization": f"Bearer {TOKEN}"}
    first = client.post("/api/v1/hooks/alertmanager", headers, json=FIRING)
    again = client.post("/api/v1/hooks/alertmanager", headers, json=FIRING)
    assert (first.status_code, again.status_code) == (202, 202)
    assert (first.json()["status"], again.json()["status"]) == ("accepted", "known")
    (entry,) = (e for e in product.truth.audit_entries() if e.action.startswith("alert."))
    assert (entry.action, entry.object) == ("alert.firing", "LineDown YZ-1")


def test_a_command_that_comes_again_is_done_once(product: Qianyun) -> None:
    client = Client(product, token_of(product, Role.ADMIN))
    body = {"name": "wang", "roles": ["viewer"]}
    headers = {"Idempotency-Key": "one"}
    first = client.post("/api/v1/users", headers, json=body)
    again = client.post("/api/v1/users", headers, json=body)
    assert first.status_code == again.status_code == 201
    assert first.json()["password"] != ""
    assert again.json() == first.json() | {"password": ""}  # shown once, and kept nowhere
    assert again.headers["idempotency-replayed"] == "true"
    other = client.post("/api/v1/users", headers, json=body | {"name": "zhao"})
    assert other.status_code == 409
    refused = client.post("/api/v1/users", {"Idempotency-Key": "two"}, json=body)
    assert refused.status_code == 409  # the name is taken: not remembered as done
    assert (
        client.post("/api/v1/users", {"Idempotency-Key": "x" * 300}, json=body).status_code == 422
    )


def test_an_answer_without_a_secret_comes_again_to_the_byte(product: Qianyun) -> None:
    client = Client(product, token_of(product, Role.ADMIN))
    client.post("/api/v1/users", json={"name": "wang", "roles": ["viewer"]})
    seen = client.get("/api/v1/users/wang").headers["etag"]
    headers = {"Idempotency-Key": "three", "If-Match": seen}
    told = [client.ask("PATCH", "/api/v1/users/wang", headers, json={"roles": ["operator"]})]
    told.append(client.ask("PATCH", "/api/v1/users/wang", headers, json={"roles": ["operator"]}))
    assert [one.status_code for one in told] == [200, 200]
    assert told[0].content == told[1].content


def test_what_is_changed_must_be_what_was_seen(product: Qianyun) -> None:
    client = Client(product, token_of(product, Role.ADMIN))
    client.post("/api/v1/users", json={"name": "wang", "roles": ["viewer"]})
    path, body = "/api/v1/users/wang", {"roles": ["planner"]}
    assert client.ask("PATCH", path, json=body).status_code == 428
    seen = {"If-Match": client.get(path).headers["etag"]}
    assert client.ask("PATCH", path, seen, json=body).status_code == 200
    late = client.ask("PATCH", path, seen, json={"roles": ["approver"]})
    assert (late.status_code, late.headers["content-type"]) == (412, "application/problem+json")
    assert client.get(path).json()["roles"] == ["planner"]
    new = client.post(f"{path}/password", seen)  # of the account above it: also no longer so
    assert new.status_code == 412
    every = client.ask("PATCH", path, {"If-Match": "*"}, json={"roles": ["viewer"]})
    assert every.status_code == 200
    none = client.ask("PATCH", "/api/v1/users/nobody", {"If-Match": '"x"'}, json=body)
    assert none.status_code == 412


def test_what_is_known_is_not_told_again(product: Qianyun, planner: Client) -> None:
    first = planner.get("/api/v1/policies")
    tag = first.headers["etag"]
    again = planner.get("/api/v1/policies", {"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert planner.get("/api/v1/policies?limit=1", {"If-None-Match": tag}).status_code == 200


def test_pages_of_a_list(planner: Client) -> None:
    whole = planner.get("/api/v1/policies?sort=id").json()
    part = planner.get("/api/v1/policies?sort=-id&limit=2&offset=1").json()
    ids = [one["id"] for one in whole["items"]]
    assert [one["id"] for one in part["items"]] == ids[::-1][1:3]
    assert part["total"] == whole["total"] == len(ids)
    assert planner.get("/api/v1/policies?sort=nonsense").status_code == 422
    assert planner.get("/api/v1/policies?limit=0").status_code == 422
    found = planner.get("/api/v1/policies", params={"q": "沧州"}).json()
    assert 0 < found["total"] < whole["total"]


@pytest.mark.parametrize(
    ("tag", "has", "lacks"), [("en", "not", "没有"), ("zh-CN", "没有", "such")]
)
def test_problems_speak_the_language_asked_for(
    planner: Client, tag: str, has: str, lacks: str
) -> None:
    told = planner.get("/api/v1/plans/P-20200101-1", {"Accept-Language": f"fr, {tag};q=0.8"})
    problem = told.json()
    assert told.headers["content-language"] == tag[:2]
    assert has in problem["title"]
    assert lacks not in problem["title"] + problem["detail"]
    assert json.dumps(problem)


WRONG = [
    ("POST", "/api/v1/plans", {"json": {"moves_at_once": "many", "soak_seconds": -1, "x": 1}}, 3),
    ("POST", "/api/v1/plans", {"content": b"{nonsense", "type": "application/json"}, 1),
    ("GET", "/api/v1/policies?limit=0&sort=-nix", {}, 1),
    ("GET", "/api/v1/plans?state=odd", {}, 1),
    ("POST", "/api/v1/plans/P-1/reject", {"json": {"digest": "f"}}, 3),
]


@pytest.mark.parametrize(("method", "path", "told", "faults"), WRONG)
def test_what_is_wrong_in_a_request_is_said_in_the_language_asked_for(
    product: Qianyun, method: str, path: str, told: dict[str, Any], faults: int
) -> None:
    client = Client(product, token_of(product, *Role))
    more = {key: value for key, value in told.items() if key != "type"}
    kind = {"Content-Type": told["type"]} if "type" in told else {}
    problem = {}
    for lang in ("zh", "en"):
        answer = client.ask(method, path, {"Accept-Language": lang, **kind}, **more)
        assert answer.status_code == 422, answer.text
        problem[lang] = answer.json()
        assert len(problem[lang]["faults"]) == faults, problem[lang]
        assert " / " not in problem[lang]["detail"]
    assert all(re.search("[一-鿿]", fault["expected"]) for fault in problem["zh"]["faults"])
    assert not re.search("[一-鿿]", problem["en"]["detail"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/plans/P-20261123-1/what-if", b'{"settings": ["\\ud800=1"]}'),
        ("/api/v1/records", b'{"kind": "declaration", "told": {"by": "\\udc00"}}'),
        ("/api/v1/records", b'{"kind": "declaration", "told": {"\\ud800": 1}}'),
        ("/api/v1/probes/once", b'{"codes": ["\\uD83Dx"]}'),
        ("/api/v1/plans", json.dumps({"means": "a=" + "[" * 5000}).encode()),
        ("/api/v1/policies/check", json.dumps({"toml": "a=" + "[" * 5000}).encode()),
    ],
)
def test_text_that_nobody_can_write_and_nesting_are_refused(
    product: Qianyun, path: str, body: bytes
) -> None:
    everybody = Client(product, token_of(product, *Role))
    answer = everybody.post(path, {"Content-Type": "application/json"}, content=body)
    assert answer.status_code in {200, 404, 409, 422}, answer.text
    assert path.endswith("/check") or not answer.is_success


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"\xff\xfe{"),
        ("application/json", b'{"name": '),
        ("multipart/form-data", b"--x\r\n"),  # no boundary told
        ("multipart/form-data; boundary=x", b"no part at all"),
        ("application/octet-stream", b"\0"),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/session", "/api/v1/inventory/check"])
def test_a_body_that_cannot_be_read_is_told(
    planner: Client, path: str, kind: str, body: bytes
) -> None:
    answer = planner.post(path, {"Content-Type": kind}, content=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_long_chinese_name_of_a_ledger_is_no_fault(planner: Client, ledger: Path) -> None:
    """Each character is three bytes: 90 are within what a form allows, beyond a file system's 255."""
    name = "澜江市信息系统整合迁移专线台账" * 6 + ".xlsx"
    answer = sent(planner, name, ledger.read_bytes())
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["systems"] == 5


def test_pairs_of_surrogates_are_text(planner: Client) -> None:
    body = b'{"label": "\\ud83d\\ude00", "roles": ["planner"], "account": "x"}'
    answer = planner.post("/api/v1/tokens", {"Content-Type": "application/json"}, content=body)
    assert answer.status_code == 403  # of another's; it was read


def test_a_ledger_that_is_sent_again_is_taken_once(product: Qianyun) -> None:
    """A client draws another boundary for each sending."""
    planner = Client(product, token_of(product, Role.PLANNER))
    book = ("a.csv", "机房名称,所属单位\n甲机房,市商务局\n".encode())
    key = {"Idempotency-Key": "k1"}
    first = planner.post("/api/v1/inventory/check", key, files=[("ledgers", book)])
    again = planner.post("/api/v1/inventory/check", key, files=[("ledgers", book)])
    assert first.status_code == again.status_code == 200
    assert again.headers["idempotency-replayed"] == "true"
    other = ("a.csv", "机房名称,所属单位\n乙机房,市商务局\n".encode())
    refused = planner.post("/api/v1/inventory/check", key, files=[("ledgers", other)])
    assert refused.status_code == 409
