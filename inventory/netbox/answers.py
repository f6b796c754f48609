"""What NetBox's answers mean when they are not what was asked for, and what a missing one does. Pure.

A read that failed has changed nothing and may be repeated; a write may have been done although its
answer was lost, which is said apart.
"""

from typing import Any
from urllib.parse import urlsplit

import requests
from pydantic_core import from_json
from urllib3.exceptions import NewConnectionError
from urllib3.exceptions import TimeoutError as TimeoutError_

from inventory.errors import (
    ALL,
    NetBoxDenied,
    NetBoxMalformed,
    NetBoxUnavailable,
    ObjectChanged,
    ObjectGone,
    OutcomeUnknown,
    RowFault,
    RowsRefused,
    StoreError,
)

NO_TLS = (
    "certificate verify failed",
    "handshake operation timed out",
    "wrong version number",
    "record layer failure",
)
"""OpenSSL's words, by which a connection failed before anything could be sent on it."""
UNKNOWN = (
    "写入结果不明：NetBox 可能已写入，也可能仍在写入；不会重发，稍后重新运行同一命令即可得知 / the outcome "
    "of the write is unknown: NetBox may have done it, or may still be at it; it is not sent again, run "
    "the same command again later to find out"
)


def no_answer(url: str, verb: str, path: str, error: requests.RequestException) -> StoreError:
    """The fault of a request that `error` ended. Where it was never sent, a write has not been
    done: only one that may have reached NetBox is an OutcomeUnknown."""
    last = getattr(error.args[0], "reason", None) if error.args else None  # of several tries
    refused = isinstance(last, NewConnectionError)  # which urllib3 counts among the time-outs
    late = isinstance(error, requests.Timeout) or (isinstance(last, TimeoutError_) and not refused)
    where = f"{verb} {url}/api/{path} ({type(error).__name__})"
    told = _told(error)
    of_tls = isinstance(error, requests.exceptions.SSLError) and verb == "GET"
    if of_tls or any(sign in told for sign in NO_TLS):
        return NetBoxUnavailable(_no_tls(url, where, told))
    if verb == "GET" or refused or isinstance(error, requests.ConnectTimeout):
        what = "超时 / timed out" if late else "没有应答 / no answer"
        return NetBoxUnavailable(
            f"NetBox {what}: {where}；请检查 NetBox 与网络后重试 / check NetBox and the network, then "
            "try again; what was read before stands"
        )
    what = "超时 / timed out" if late else "没有应答 / no answer"
    return OutcomeUnknown(f"NetBox {what}: {where}；{UNKNOWN}", under_way=late)


def _told(error: BaseException) -> str:
    """What an error says, and those that led to it: urllib3 doesn't hand on what OpenSSL said."""
    said: list[str] = []
    one: BaseException | None = error
    while one is not None and len(said) < 10:
        said.append(str(one))
        one = one.__cause__ or one.__context__
    return " | ".join(said)


def _no_tls(url: str, where: str, told: str) -> str:
    """Why there is no TLS: nothing was sent by then."""
    if "certificate verify failed" in told:
        why = told.partition("certificate verify failed: ")[2].partition(" (_ssl")[0]
        return (
            f"不信任 NetBox 的证书 / NetBox's certificate is not trusted: {why or told[:200]}: {where}；"
            "私有 CA 签发的，请将 QIANYUN_NETBOX_CA 设为该 CA 证书文件（PEM）；证书过期或名称不符，请更换"
            "证书或更正 QIANYUN_NETBOX_URL / where a private CA signed it, set QIANYUN_NETBOX_CA to the "
            "file of the CA's certificate (PEM); where it is expired or of another name, renew it or "
            "correct QIANYUN_NETBOX_URL"
        )
    plain = urlsplit(url)._replace(scheme="http").geturl()
    return (
        f"TLS 握手失败 / no TLS there: {where}；该端口可能只提供 http，请检查 QIANYUN_NETBOX_URL 的 "
        f"https:// 与端口 / the port may speak plain http ({plain}): check the scheme and the port of "
        "QIANYUN_NETBOX_URL"
    )


def no_json(url: str, path: str, answer: requests.Response) -> str:
    """What to say of an answer to a GET that is no JSON."""
    kind = answer.headers.get("Content-Type", "")
    size = len(answer.content)
    if "json" in kind or not kind:
        return (
            f"NetBox 的应答不完整，未采用，请重试 / GET {url}/api/{path}: the answer is cut off "
            f"({size} bytes); nothing was taken over, try again"
        )
    return (
        f"应答不是 JSON，请检查 QIANYUN_NETBOX_URL / GET {url}/api/{path}: read {kind[:60]} ({size} "
        "bytes), expected JSON: check that QIANYUN_NETBOX_URL is NetBox's own address; nothing was "
        "taken over"
    )


def refusal(url: str, verb: str, path: str, answer: requests.Response) -> StoreError:
    """The fault of an answer whose status is none of success."""
    status = answer.status_code
    where = f"{verb} {url}/api/{path} → {status}"
    if status < 500 and not answer.is_redirect:
        return _declined(verb, answer, where)
    if answer.is_redirect:
        told = (
            f"被转到别处，请检查 QIANYUN_NETBOX_URL / sent elsewhere: {where} "
            f"{answer.headers.get('Location', '')[:200]}; check QIANYUN_NETBOX_URL, its https:// too"
        )
        return NetBoxUnavailable(told)
    told = f"NetBox 出错 / NetBox failed: {where}"
    if verb == "GET" or status == 503:
        again = "请查看 NetBox 日志后重试 / look at NetBox's log and try again"
        return NetBoxUnavailable(f"{told}；{again}")
    return OutcomeUnknown(f"{told}；{UNKNOWN}", under_way=status == 504)


def _declined(verb: str, answer: requests.Response, where: str) -> StoreError:
    status = answer.status_code
    if status in (401, 403):
        return NetBoxDenied(
            f"NetBox 拒绝了令牌 / NetBox denies the token: {where} {_detail(answer)}；所需权限见 "
            "/ the permissions it needs: qianyun netbox permissions"
        )
    if status == 412:
        return ObjectChanged(where)
    if status == 404 and verb != "GET":
        return ObjectGone(where)
    if status == 404:
        return NetBoxMalformed(
            f"此处没有 NetBox 的接口，请检查 QIANYUN_NETBOX_URL / no NetBox answers there: {where}; "
            "check that QIANYUN_NETBOX_URL is NetBox's own address, with its BASE_PATH if it has one"
        )
    return RowsRefused(_faults(where, answer))


def _faults(where: str, answer: requests.Response) -> tuple[RowFault, ...]:
    try:
        told = from_json(answer.content)
    except ValueError:
        return (RowFault(at=ALL, reason=where),)
    rows = told.get("errors") if isinstance(told, dict) else None
    if isinstance(rows, list):
        return tuple(
            RowFault(at=row.get("index", row.get("id", 0)), reason=_reason(row.get("errors")))
            for row in rows
        )
    if isinstance(told, list):  # one entry a row, {} where it was good
        return tuple(RowFault(at, _reason(row)) for at, row in enumerate(told) if row)
    return (RowFault(at=ALL, reason=f"{where}: {_reason(told)}"),)


def _reason(errors: Any) -> str:
    """`{"name": ["must be unique"]}` → `name: must be unique`."""
    if isinstance(errors, dict):
        return "; ".join(f"{name}: {_reason(said)}" for name, said in errors.items())
    if isinstance(errors, list):
        return ", ".join(_reason(said) for said in errors)
    return str(errors)


def _detail(answer: requests.Response) -> str:
    try:
        return _reason(from_json(answer.content))[:300]
    except ValueError:
        return ""
