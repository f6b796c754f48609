"""Secrets are masked wherever they stand; what is no secret stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.masking import MASK, masked

SECRET = "Gehe1m-Wort"


@pytest.mark.parametrize(
    "line",
    [
        "mysqldump -uroot -p{} shop | gzip > /backup/x.gz",
        "mysql -u root --password={} -e 'select 1'",
        "java -Dspring.datasource.password={} -jar /app.jar",
        'java -Ddb_pwd="{}" -jar /app.jar',
        "PGPASSWORD={} pg_dump x",
        "psql postgresql://app:{}@10.0.0.1/x",
        "psql postgresql://app:{}@x@10.0.0.1/x",
        "curl -u admin:{} https://x/",
        "curl -H 'Authorization: Bearer {}' https://x/",
        "redis-cli -h 10.0.0.1 -a {} ping",
        "sshpass -p {} ssh x",
        "disql SYSDBA/{}@localhost:5236",
        "sqlplus -S system/{}@orcl",
        "openssl enc -pass pass:{} -in x",
        "backup --token {} --all",
        "export SECRET_KEY='{}'",
        '"access_key": "{}",',
        "密码：{}",
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n{}",
    ],
)
def test_secrets(line: str) -> None:
    found = masked(line.format(SECRET))
    assert SECRET not in found
    assert MASK in found
    assert found.count("\n") <= line.count("\n")


@pytest.mark.parametrize(
    "line",
    [
        "/usr/sbin/sshd -D -p 22",
        "mysqld --basedir=/usr --datadir=/var/lib/mysql --port=3306",
        "install ok installed\tlibpam-pwquality\t1.4.5",
        "install ok installed\tpasswd\t1:4.13+dfsg1-1+b1",
        'tcp LISTEN 0 128 *:22 *:* users:(("passwd",pid=1,fd=3))',
        "curl https://example.gov.cn/a/b?c=d",
        "mysqldump -p shop",
        "cpu  1 2 3",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert masked(line) == line


def test_a_line_is_cut_and_no_other_hurt() -> None:
    found = masked("a" * 10_000 + "\nb")
    assert found.split("\n")[1] == "b"
    assert len(found) < 5_000


@given(st.text(max_size=400))
def test_lines_stay_lines(text: str) -> None:
    if "PRIVATE KEY-----" not in text:
        assert masked(text).count("\n") == text.count("\n")
