"""Settings: from the environment (`QIANYUN_*`) over one TOML file; nothing unknown is let pass.

    settings = load()                      # of this process
    settings = load({"QIANYUN_LANG": "en"})  # of a given environment: pure but for the files named

The file is `QIANYUN_CONFIG`, else `qianyun.toml` in the state folder where there is one; its keys
are the names below. This is the only module that reads the environment: everything else is handed
what it needs, so that what a run depends on can be seen in one place.
"""

import os
import pwd
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from api.secret_files import open_to_others, secret_text
from api.settings_types import (
    Address,
    Authorities,
    Folder,
    HeaderSecret,
    HttpUrl,
    LoginName,
    Names,
    Networks,
    Timezone,
    Vantages,
    folder,
)
from inventory.halves import labelled, together

PREFIX = "QIANYUN_"
CONFIG = "QIANYUN_CONFIG"
MARKERS = frozenset({CONFIG, "QIANYUN_ATTEMPT", "QIANYUN_CUTOVER"})
"""Names of ours in the environment that are no settings: the file's path, and the marks by which
the processes of an attempt or a cutover are found."""


class SettingsError(Exception):
    """Settings that cannot be used (exit 2): each line says key, what was read, what to do."""


class Settings(BaseModel):
    """All that can be set. A field's description is what an error says was expected."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    state: Folder = Field(description="状态文件夹 / folder of all state")
    database_url: str = Field(
        default="",  # set below, from `state`
        repr=False,
        pattern=r"^(sqlite|postgresql)(\+\w+)?://",
        description="数据库地址 / sqlite:///PATH or postgresql://…, or file:/PATH",
    )
    temporal_address: Address = Field(
        default="127.0.0.1:7233", description="Temporal 的 host:port / Temporal's host:port"
    )
    temporal_namespace: str = Field(
        default="default",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
        description="Temporal 命名空间 / Temporal namespace, of A-Z a-z 0-9 . _ -",
    )
    api_address: Address = Field(
        default="127.0.0.1:8400", description="接口监听的 host:port / host:port the API listens on"
    )
    public_url: HttpUrl | None = Field(
        default=None,
        description="用户所用网址，经代理时须设 / http(s) URL by which people reach the API, behind a proxy",
    )
    tls_cert: Authorities | None = Field(
        default=None, description="接口的证书文件（PEM） / certificate chain (PEM) of the API"
    )
    tls_key: Folder | None = Field(
        default=None, description="证书的私钥文件 / private key file of that certificate"
    )
    session_idle_minutes: int = Field(
        default=30, ge=1, le=1440, description="会话空闲分钟 / minutes until an idle session ends"
    )
    session_hours: int = Field(
        default=12, ge=1, le=168, description="会话最长小时 / hours until any session ends"
    )
    oidc_issuer: HttpUrl | None = Field(
        default=None, description="统一身份的签发者网址 / issuer URL of the OIDC provider"
    )
    oidc_client_id: str | None = Field(
        default=None, min_length=1, max_length=200, description="OIDC 客户端编号 / client id"
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="OIDC 客户端密钥 / client secret, or file:/PATH"
    )
    oidc_claim: str = Field(
        default="roles",
        min_length=1,
        max_length=100,
        description="含角色的声明 / the claim that holds roles, a list such as [planner]",
    )
    alertmanager_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Alertmanager webhook 令牌，至少 16 字符 / bearer token of Alertmanager's webhook, "
        "16 characters or more, or file:/PATH",
    )
    receivers: Folder | None = Field(
        default=None,
        description="事件接收方文件（TOML） / TOML file of who is told of events, and by which secret",
    )
    netbox_url: HttpUrl | None = Field(
        default=None,
        description="NetBox 地址 / NetBox's http(s) URL, without a password",
    )
    netbox_token: HeaderSecret | None = Field(
        default=None,
        description="NetBox 令牌（ASCII，无空格） / NetBox token, of ASCII without spaces, or file:/PATH; "
        "needs netbox_url",
    )
    netbox_ca: Authorities | None = Field(
        default=None,
        description="签发 NetBox 证书的 CA 证书文件（PEM） / file with the certificate (PEM) of the CA that "
        "signed NetBox's",
    )
    netbox_connections: int = Field(
        default=4,
        ge=1,
        le=32,
        description="同时发往 NetBox 的请求数，宜等于其工作进程数 / requests to NetBox at once, best as "
        "many as its workers, 1 to 32",
    )
    ledger_words: Folder | None = Field(
        default=None,
        description="本市台账用语文件（TOML） / TOML file of what this city's ledgers call things",
    )
    netbox_precedence: Folder | None = Field(
        default=None,
        description="字段优先级文件（TOML） / TOML file of whose word counts, field by field",
    )
    netbox_webhook_secret: SecretStr | None = Field(
        default=None,
        min_length=16,  # it alone stands between anybody on this machine and a refresh
        description="NetBox webhook 密钥，至少 16 字符 / secret of NetBox's webhook, 16 characters "
        "or more, or file:/PATH",
    )
    policies: Names = Field(
        default=(),
        description="本市适用的政策编号 / ids of the city's own policies, such as "
        "cangzhou-2017-157,our-city; all when empty",
    )
    recorders: Names = Field(
        default=(),
        description="可登记申报与例外的系统账户 / accounts of this machine that may put declarations and "
        "exceptions on record, such as zhang,li; every account when empty",
    )
    today: date | None = Field(
        default=None, description="当作今天的日期 / the date taken as today, YYYY-MM-DD"
    )
    lang: Literal["zh", "en"] = Field(default="zh", description="语言 / language: zh or en")
    timezone: Timezone = Field(
        default="Asia/Shanghai",
        description="窗口所用时区 / time zone of windows, such as Asia/Shanghai",
    )
    ipv6_success: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="IPv6 成功率阈值 / least share of looks over IPv6, 0 to 1",
    )
    ipv6_degradation: float | None = Field(
        default=None, ge=0, description="IPv6 劣化比阈值 / largest degradation ratio, such as 0.2"
    )
    ipv6_links: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="内链支持率阈值 / least share of internal links, 0 to 1",
    )
    ipv6_similar: float | None = Field(
        default=None, ge=0, le=1, description="首页相似度阈值 / least likeness of pages, 0 to 1"
    )
    ipv6_floor_ms: float | None = Field(
        default=None, ge=0, description="不计劣化的时延毫秒数 / delay (ms) that is quick enough"
    )
    ssh_user: LoginName = Field(
        default="qianyun", description="主机登录用户 / login user on hosts, a login name"
    )
    ssh_key: Folder | None = Field(
        default=None, description="SSH 私钥文件 / path of the SSH private key"
    )
    become_password: SecretStr | None = Field(
        default=None,
        description="主机 sudo 密码 / sudo password on hosts, or file:/PATH",
    )
    replication_password: SecretStr | None = Field(
        default=None,
        description="数据库复制密码 / replication password, or file:/PATH",
    )
    dns_key: SecretStr | None = Field(
        default=None,
        description="域名更新密钥（TSIG，base64） / key that names are changed with (TSIG, base64), or "
        "file:/PATH",
    )
    strategy: Literal["mitogen", "plain"] = Field(
        default="plain",
        description="Ansible 执行策略：plain（自带）或 mitogen / how Ansible runs playbooks: plain (its "
        "own way) or mitogen",
    )
    discover_access: Folder | None = Field(
        default=None,
        description="各网络域登录方式文件（TOML） / TOML file of how to log in, by zone and host",
    )
    discover_password: SecretStr | None = Field(
        default=None,
        description="采集登录密码 / password to log in with for discovery, or file:/PATH",
    )
    discover_known_hosts: Folder | None = Field(
        default=None,
        description="known_hosts 文件，补充台账中的主机密钥 / known_hosts file beside the ledger's keys",
    )
    discover_within: Networks = Field(
        default=(),
        description="可按地址采集的网段 / prefixes in which addresses may be visited that are no "
        "host's, such as 10.0.0.0/8,fd00::/8",
    )
    discover_at_once: int = Field(
        default=16, ge=1, le=256, description="同时采集的主机数 / hosts visited at once, 1 to 256"
    )
    actor: LoginName = Field(
        default="unknown", description="操作人 / who acts, a login name; the OS login by default"
    )
    soak_seconds: int = Field(
        default=300, ge=0, le=604800, description="切换后观察秒数 / seconds of soak, 0 to 604800"
    )
    hold_seconds: int = Field(
        default=20, ge=5, le=120, description="割接保持上限秒数 / longest hold in seconds, 5 to 120"
    )
    alertmanager_url: HttpUrl | None = Field(
        default=None,
        description="Alertmanager 地址，割接时静默其对象 / Alertmanager's http(s) URL, told of silences "
        "while systems are cut over; nobody when empty",
    )
    paging: Folder | None = Field(
        default=None,
        description="值班与告警路由文件（TOML） / TOML file of who is woken by what",
    )
    vantages: Vantages = Field(
        default=(),
        description="各观测点的指标地址 / exporters of probers elsewhere by name, such as "
        "county-3=http://10.0.0.8:9420,city=http://10.0.0.9:9420",
    )
    green_minutes: int = Field(
        default=0,
        ge=0,
        le=10080,
        description="割接与提交前探测须持续正常的分钟数 / minutes for which the prober must have seen a "
        "system well before its cutover and its commit, 0 (nobody is asked) to 10080",
    )
    heartbeat_seconds: int = Field(
        default=10, ge=1, le=300, description="心跳间隔秒数 / seconds between heartbeats, 1 to 300"
    )
    notify_channels: Folder | None = Field(
        default=None,
        description="通知渠道文件（TOML，仅本人可读）：名称 = apprise 地址 / TOML file of channels, readable "
        "by nobody else: name = apprise URL",
    )
    engine_rules: Folder | None = Field(
        default=None,
        description="引擎规则文件（TOML）：审批、封网、网络域、限制、通知 / TOML file of approvals, freezes, "
        "zones, limits and notices",
    )
    zone: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9._-]{0,63}$",
        description="执行进程所在网络域 / zone that this machine's worker stands in, of A-Z a-z 0-9 . _ -",
    )
    machine: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9._-]{0,200}$",
        description="本机名称，默认主机名 / this machine's name, its host name by default",
    )
    worker_build: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9._-]{0,100}$",
        description="滚动升级时本程序的版本名 / what this build is called in a rolling upgrade, of A-Z a-z "
        "0-9 . _ -",
    )
    steps_at_once: int = Field(
        default=32,
        ge=1,
        le=1000,
        description="本机同时执行的步骤数 / steps under way at once, 1 to 1000",
    )
    moves_at_once: int = Field(
        default=4, ge=1, le=1000, description="同时迁移上限 / items under way together, 1 to 1000"
    )

    @model_validator(mode="before")
    @classmethod
    def _database_in_state(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("database_url") and data.get("state"):
            path = folder(Path(data["state"])) / "qianyun.db"
            return {**data, "database_url": f"sqlite:///{path}"}
        return data

    @model_validator(mode="after")
    def _token_has_a_place(self) -> Self:
        if self.netbox_token is not None and self.netbox_url is None:
            raise ValueError("netbox_token without netbox_url")
        return self

    def with_zone(self, zone: str) -> Self:
        """The same with another zone. Raises SettingsError."""
        try:
            return type(self).model_validate(dict(self) | {"zone": zone})
        except ValidationError:
            fault = f"--zone: {_read_and_wanted(repr(zone), 'zone')}"
            raise SettingsError(_message([fault])) from None

    def secrets(self) -> tuple[str, ...]:
        """Every secret text that is set, for `api.logs` to keep out of what is written."""
        fields = (
            self.netbox_token,
            self.netbox_webhook_secret,
            self.oidc_client_secret,
            self.alertmanager_token,
            self.become_password,
            self.replication_password,
            self.dns_key,
            self.discover_password,
        )
        found = {secret.get_secret_value() for secret in fields if secret is not None}
        password = urlsplit(self.database_url).password
        if password:  # in a URL it may stand quoted, in an error it may not
            found |= {password, unquote(password)}
        return tuple(sorted(found - {""}, key=len, reverse=True))


SECRETS = frozenset(
    {
        "database_url",
        "netbox_token",
        "netbox_webhook_secret",
        "oidc_client_secret",
        "alertmanager_token",
        "become_password",
        "replication_password",
        "dns_key",
        "discover_password",
    }
)
"""Fields that may be `file:/PATH`; their value is never shown."""
HIDDEN = SECRETS | {"netbox_url"}  # refused when it holds a password, so it may hold one


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of `environ` (by default this process's). Raises SettingsError."""
    environ = os.environ if environ is None else environ
    faults: list[str] = []
    # An empty variable is one that was not set: compose files and unit files write them so.
    given = {
        name.removeprefix(PREFIX).lower(): (name, value)
        for name, value in environ.items()
        if name.startswith(PREFIX) and name not in MARKERS and value != ""
    }
    faults += _unknown(((key, name) for key, (name, _) in given.items()), PREFIX)
    state = given["state"][1] if "state" in given else _default_state(environ)
    file, values = _read_file(environ.get(CONFIG) or None, Path(state))
    faults += [f"{file}: {fault}" for fault in _unknown(((key, key) for key in values), "")]
    origins = {key: f"{file}: {key}" for key in values}
    origins |= {key: name for key, (name, _) in given.items()}
    merged: dict[str, Any] = {"state": state, "actor": _login(environ)}
    merged |= values | {key: value for key, (_, value) in given.items()}
    merged = {key: value for key, value in merged.items() if key in Settings.model_fields}
    for key in SECRETS & merged.keys():
        try:
            merged[key] = secret_text(merged[key])
        except (OSError, ValueError) as error:
            faults.append(f"{origins[key]}: {error}")
            del merged[key]
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        faults += _explained(error, merged, origins)
        raise SettingsError(_message(faults)) from None  # the cause would show what was read
    if faults:
        raise SettingsError(_message(faults))
    return settings


def _default_state(environ: Mapping[str, str]) -> str:
    base = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return str(Path(base) / "qianyun")


def login() -> str:
    """The account that this process acts for, whoever it says it is."""
    return _login(os.environ)


def _login(environ: Mapping[str, str]) -> str:
    """Who is at the keyboard: the account, or who became root by sudo."""
    if os.getuid() == 0 and environ.get("SUDO_USER"):
        return environ["SUDO_USER"]
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"


def _read_file(named: str | None, state: Path) -> tuple[str, dict[str, Any]]:
    """(path, values) of the file; no values where none was named and none lies in the state."""
    path = Path(named) if named else folder(state) / "qianyun.toml"
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        if named is None:
            return str(path), {}
        raise SettingsError(_message([f"{CONFIG}: 文件不存在 / no such file: {path}"])) from None
    except NotADirectoryError:
        fault = f"{path}: 不是文件夹内的文件 / lies in no folder"
        if named is None:
            fault = (
                f"{PREFIX}STATE: 读到 / read {state}，应为文件夹 / expected a folder; 请改为可写的文件夹 / "
                "set it to a folder that you may write"
            )
        raise SettingsError(_message([fault])) from None
    except OSError as error:
        fault = f"{path}: 无法读取 / cannot be read: {error.strerror}"
        raise SettingsError(_message([fault])) from error
    try:
        values = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The decoder's text may quote the line, and the line may hold a secret: place only.
        place = re.search(r"at line \d+, column \d+", str(error))
        fault = f"{path}: 不是 UTF-8 的 TOML / not TOML in UTF-8{f' ({place[0]})' if place else ''}"
        raise SettingsError(_message([fault])) from None
    inline = [key for key in SECRETS & values.keys() if _holds_secret(key, values[key])]
    if inline and open_to_others(path):
        held = ", ".join(sorted(inline))
        fault = f"{path}: 内含密码而他人可读 / holds a secret ({held}) that others can read"
        fault += f"; 请执行 / run: chmod 600 {path}"
        raise SettingsError(_message([fault]))
    return str(path), values


def _holds_secret(key: str, value: Any) -> bool:
    if key == "database_url":
        return urlsplit(str(value)).password is not None
    return not str(value).startswith("file:")


def _unknown(keys: Iterable[tuple[str, str]], prefix: str) -> list[str]:
    """A line for each (key, as written) that is no setting, with what may have been meant."""
    faults = []
    for key, written in sorted(keys):
        if key in Settings.model_fields:
            continue
        near = get_close_matches(key, Settings.model_fields, n=3, cutoff=0.6)
        names = [prefix + (name.upper() if prefix else name) for name in near]
        hint = f"; 是否想写 / did you mean: {', '.join(names)}" if names else ""
        faults.append(f"{written}: 没有这个设置 / no such setting{hint}")
    return faults


def _explained(
    error: ValidationError, merged: Mapping[str, Any], origins: Mapping[str, str]
) -> list[str]:
    faults = []
    for fault in error.errors(include_url=False, include_input=False):
        # The one fault of the whole rather than of a field: see _token_has_a_place.
        key = str(fault["loc"][0]) if fault["loc"] else "netbox_token"
        value = "" if key in HIDDEN else repr(str(merged.get(key)))
        origin = origins.get(key, PREFIX + key.upper())
        faults.append(f"{origin}: {_read_and_wanted(value, key)}")
    return faults


def _read_and_wanted(read: str, key: str) -> str:
    """`read`: "" where it is a secret."""
    wanted = labelled("应为 / expected", Settings.model_fields[key].description or key)
    return together(f"读到 {read} / read {read}" if read else "", wanted)


def _message(faults: Iterable[str]) -> str:
    return "设置有误 / settings refused:\n" + "\n".join(f"  {fault}" for fault in faults)
