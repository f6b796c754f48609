"""Secrets that stand in command lines, jobs and configurations, masked before anything is kept.

Better one word too many than one secret: what is masked is evidence of nothing we look for.
"""

import re

MASK = "******"

# Every repetition is bounded: a hostile line must not cost more than its length.
_KEYWORDS = (
    r"(?:passw(?:or)?d|passwd|passphrase|pass\b|pwd|secret|token|credential|api[_-]?key|access[_-]?key|"
    r"private[_-]?key|密码|口令)[\w.-]{0,40}"
)
_VALUE = r"(?:\"[^\"\n]{0,400}\"|'[^'\n]{0,400}'|[^\s\"'&;|]{1,400})"
_BETWEEN = r"[^\n|;&]{0,120}?"
_PROGRAMS = {  # programs with a short option of their own
    "mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|xtrabackup": rf"{_BETWEEN}\s-p(?!\s)",
    "sshpass|mongo|mongosh|mongodump|htpasswd|bcp|sqlcmd": rf"{_BETWEEN}\s-[pP]\s*",
    "redis-cli": rf"{_BETWEEN}\s(?:-a|--pass)\s+",
    "curl|wget": rf"{_BETWEEN}\s(?:-u|--user|--proxy-user)[\s=]+[^\s:]{{1,100}}:",
    "sqlplus|disql|ksql|expdp|impdp|exp|imp": r"\s+(?:-\S{1,40}\s+){0,5}[^\s/]{1,100}/",
}
_RULES: tuple[re.Pattern[str], ...] = (
    # scheme://user:secret@host; the secret may hold an @ or a slash
    re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://[^\s:/@\"']{0,100}:)[^\s\"']{1,100}(?=@)", re.I),
    # name=secret, name: secret, "name": "secret", --name=secret, -Dname=secret
    re.compile(rf"({_KEYWORDS}[\"']?\s{{0,5}}[=:：]\s{{0,5}}){_VALUE}", re.I),
    # --name secret, -name secret
    re.compile(rf"(?<!\S)(--?[\w.-]{{0,40}}?{_KEYWORDS}\s{{1,5}})(?!-){_VALUE}", re.I),
    re.compile(r"(\b(?:bearer|basic)\s{1,5})[A-Za-z0-9+/_.=~-]{8,2000}", re.I),
    re.compile(r"(\bpass:)\S{1,400}"),  # openssl -passin pass:X
    *(re.compile(rf"(\b(?:{names})\b{rest}){_VALUE}") for names, rest in _PROGRAMS.items()),
)
_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)", re.S
)
_LONGEST = 4_000
_SIGNS = (  # what a line must hold, in small letters, for any rule to find something in it
    *("pass", "pwd", "secret", "token", "credential", "key", "密码", "口令", "://"),
    *("bearer ", "basic ", "mysql", "mariadb", "xtrabackup", "mongo", "bcp", "sqlcmd", "redis-cli"),
    *("curl", "wget", "sqlplus", "disql", "ksql", "exp ", "imp ", "expdp", "impdp"),
)


def masked(text: str) -> str:
    """`text` with what looks like a secret replaced by ******; its lines stay its lines, cut at
    4,000 characters."""
    small = text.lower()
    signs = tuple(sign for sign in _SIGNS if sign in small)  # few texts hold more than some
    text = "\n".join(_line(line, signs) for line in text.split("\n"))
    return _KEY.sub(MASK, text) if "PRIVATE KEY-----" in text else text


def _line(line: str, signs: tuple[str, ...]) -> str:
    line = line[:_LONGEST]
    small = line.lower()
    if any(sign in small for sign in signs):
        for pattern in _RULES:
            line = pattern.sub(rf"\1{MASK}", line)
    return line
