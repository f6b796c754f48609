"""Words of accounts, tokens, backup."""

from collections.abc import Mapping

PEOPLE_TEXTS: Mapping[str, tuple[str, str]] = {
    "user": ("用户", "user"),
    "roles": ("角色", "roles"),
    "scope": ("单位范围", "organisations"),
    "whole_city": ("全市", "the whole city"),
    "user_state": ("状态", "state"),
    "user_on": ("启用", "active"),
    "user_off": ("停用", "disabled"),
    "user_locked": ("锁定至 {until}", "locked until {until}"),
    "user_made": (
        "已建立用户 {name}，密码（只显示这一次）：{password}",
        "account {name} made; its password, shown this once: {password}",
    ),
    "user_identity_made": (
        "已建立用户 {name}，经统一身份登录",
        "account {name} made; it comes in by the identity provider",
    ),
    "user_changed": ("已变更用户 {name}", "account {name} changed"),
    "password_drawn": (
        "{name} 的新密码（只显示这一次）：{password}",
        "the new password of {name}, shown this once: {password}",
    ),
    "first_admin": (
        "首名管理员 {name}，密码（只显示这一次）：{password}；登录 {url}",
        "the first administrator is {name}, password (shown this once): {password}; sign in at {url}",
    ),
    "token_made": (
        "令牌 {id}（只显示这一次）：{token}",
        "token {id}, shown this once: {token}",
    ),
    "token_revoked": ("令牌 {id} 已撤销", "token {id} is revoked"),
    "label": ("用途", "label"),
    "ends_at": ("到期", "ends"),
    "used_at": ("最近使用", "last used"),
    "revoked": ("已撤销", "revoked"),
    "backed_up": (
        "已备份到 {file}：{n} 个文件，{mib:.1f} MiB，SHA-256 {digest}",
        "backed up to {file}: {n} files, {mib:.1f} MiB, SHA-256 {digest}",
    ),
    "restored": (
        "已恢复到 {folder}：{n} 个文件，审计 {entries} 条、链完整",
        "restored to {folder}: {n} files, {entries} audit entries, the chain holds",
    ),
}
