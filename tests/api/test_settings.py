"""Settings: environment over file, nothing unknown passes, no secret is shown."""

import ast
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import SECRETS, Settings, SettingsError, load

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("inventory", "probes", "migrator", "api")


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        load(environ)
    return str(caught.value)


def at(folder: Path, **settings: str) -> dict[str, str]:
    """An environment whose state is `folder`, so that no file of this machine is read."""
    names = {f"QIANYUN_{key.upper()}": value for key, value in settings.items()}
    return {"QIANYUN_STATE": str(folder), **names}


def test_defaults_need_nothing(tmp_path: Path) -> None:
    settings = load({"XDG_STATE_HOME": str(tmp_path)})
    assert settings.state == tmp_path / "qianyun"
    assert settings.database_url == f"sqlite:///{tmp_path}/qianyun/qianyun.db"
    assert (settings.lang, settings.timezone, settings.today) == ("zh", "Asia/Shanghai", None)
    assert settings.secrets() == ()


def test_environment_wins_over_file(tmp_path: Path) -> None:
    (tmp_path / "qianyun.toml").write_text('lang = "en"\nsoak_seconds = 5\ntoday = 2017-12-01\n')
    settings = load(at(tmp_path, soak_seconds="7"))
    assert (settings.lang, settings.soak_seconds) == ("en", 7)
    assert settings.today == date(2017, 12, 1)


def test_file_can_be_named(tmp_path: Path) -> None:
    named = tmp_path / "city.toml"
    named.write_text(f'state = "{tmp_path}/elsewhere"\n')
    settings = load({"QIANYUN_CONFIG": str(named), "XDG_STATE_HOME": str(tmp_path)})
    assert settings.state == tmp_path / "elsewhere"
    assert settings.database_url == f"sqlite:///{tmp_path}/elsewhere/qianyun.db"


def test_empty_variable_is_not_set(tmp_path: Path) -> None:
    assert load(at(tmp_path, today="", lang="")).lang == "zh"


def test_markers_are_no_settings(tmp_path: Path) -> None:
    load(at(tmp_path) | {"QIANYUN_ATTEMPT": "a-1", "QIANYUN_CUTOVER": "17"})


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = load(at(tmp_path))
    with pytest.raises(ValidationError):
        settings.lang = "en"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"QIANYUN_TODEY": "2017-12-01"}, ["QIANYUN_TODEY", "did you mean: QIANYUN_TODAY"]),
        ({"QIANYUN_ZZZZZZ": "1"}, ["QIANYUN_ZZZZZZ: 没有这个设置 / no such setting"]),
        ({"QIANYUN_TODAY": "1 Dec"}, ["QIANYUN_TODAY", "'1 Dec'", "YYYY-MM-DD"]),
        ({"QIANYUN_LANG": "fr"}, ["QIANYUN_LANG", "'fr'", "zh or en"]),
        ({"QIANYUN_TIMEZONE": "../etc/passwd"}, ["QIANYUN_TIMEZONE", "Asia/Shanghai"]),
        ({"QIANYUN_API_ADDRESS": "8400"}, ["QIANYUN_API_ADDRESS", "host:port"]),
        ({"QIANYUN_API_ADDRESS": "localhost:99999"}, ["QIANYUN_API_ADDRESS", "host:port"]),
        ({"QIANYUN_SOAK_SECONDS": "-1"}, ["QIANYUN_SOAK_SECONDS", "'-1'", "0 to 604800"]),
        ({"QIANYUN_VANTAGES": "a=ftp://x"}, ["QIANYUN_VANTAGES", "'a=ftp://x'", "county-3=http"]),
        ({"QIANYUN_VANTAGES": "a=http://x,a=http://y"}, ["QIANYUN_VANTAGES"]),
        ({"QIANYUN_GREEN_MINUTES": "-1"}, ["QIANYUN_GREEN_MINUTES", "0 (nobody is asked)"]),
        ({"QIANYUN_ALERTMANAGER_URL": "http://u:p@x"}, ["QIANYUN_ALERTMANAGER_URL", "http(s)"]),
        ({"QIANYUN_SSH_USER": "a; reboot"}, ["QIANYUN_SSH_USER", "'a; reboot'", "login name"]),
        ({"QIANYUN_DATABASE_URL": "mysql://x"}, ["QIANYUN_DATABASE_URL", "sqlite:///PATH"]),
        ({"QIANYUN_NETBOX_TOKEN": "t"}, ["QIANYUN_NETBOX_TOKEN", "needs netbox_url"]),
        (
            {"QIANYUN_NETBOX_URL": "http://n", "QIANYUN_NETBOX_TOKEN": "nbt_秘密"},
            ["QIANYUN_NETBOX_TOKEN", "of ASCII"],
        ),
        ({"QIANYUN_NETBOX_CA": "/nonexistent"}, ["QIANYUN_NETBOX_CA", "/nonexistent", "PEM"]),
        ({"QIANYUN_NETBOX_CA": "/etc/passwd"}, ["QIANYUN_NETBOX_CA", "/etc/passwd", "PEM"]),
        ({"QIANYUN_CONFIG": "/nonexistent/q.toml"}, ["QIANYUN_CONFIG", "/nonexistent/q.toml"]),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_bad_environment_is_named(
    tmp_path: Path, environ: dict[str, str], expected: list[str]
) -> None:
    message = refused(at(tmp_path) | environ)
    assert all(part in message for part in expected), message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('temporal_adress = "x:1"\n', "temporal_adress: 没有这个设置 / no such setting"),
        ('temporal_adress = "x:1"\n', "did you mean: temporal_address"),
        ("moves_at_once = 0\n", "1 to 1000"),
        ('strategy = "free"\n', "读到 'free'；应为：Ansible 执行策略：plain"),
        ("moves_at_once = = 3\n", "not TOML in UTF-8 (at line 1, column 17)"),
    ],
)
def test_bad_file_is_named(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "qianyun.toml"
    file.write_text(text)
    message = refused(at(tmp_path))
    assert str(file) in message
    assert expected in message


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    message = refused(at(tmp_path, lang="fr", today="soon", moves="3"))
    assert len(message.splitlines()) == 4


def test_secret_from_a_file_of_ones_own(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret of file\n")
    secret.chmod(0o600)
    settings = load(at(tmp_path, become_password=f"file:{secret}"))
    assert settings.become_password is not None
    assert settings.become_password.get_secret_value() == "s3cret of file"


def test_secret_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret")
    secret.chmod(0o640)
    message = refused(at(tmp_path, become_password=f"file:{secret}"))
    assert f"others can read {secret}" in message
    assert "s3cret" not in message


@pytest.mark.parametrize("value", ["file:relative", "file:/nonexistent/password", "file:/"])
def test_secret_file_that_cannot_be_read_is_refused(tmp_path: Path, value: str) -> None:
    assert "QIANYUN_BECOME_PASSWORD" in refused(at(tmp_path, become_password=value))


def test_config_with_a_secret_must_be_private(tmp_path: Path) -> None:
    file = tmp_path / "qianyun.toml"
    file.write_text('become_password = "s3cret"\n')
    file.chmod(0o644)
    message = refused(at(tmp_path))
    assert f"chmod 600 {file}" in message
    assert "s3cret" not in message
    file.chmod(0o600)
    assert load(at(tmp_path)).secrets() == ("s3cret",)


def test_nothing_shows_a_secret(tmp_path: Path) -> None:
    settings = load(
        at(
            tmp_path,
            netbox_url="https://netbox.example/",
            netbox_token="s3cret-1",
            become_password="s3cret-2",
            replication_password="s3cret-3",
            database_url="postgresql://q:s3cret%2F4@db.example/q",
        )
    )
    assert "s3cret" not in f"{settings!r} {settings!s}"
    assert set(settings.secrets()) == {
        "s3cret-1",
        "s3cret-2",
        "s3cret-3",
        "s3cret%2F4",
        "s3cret/4",
    }


def test_no_error_shows_a_secret(tmp_path: Path) -> None:
    message = refused(
        at(
            tmp_path,
            database_url="oracle://q:s3cret@db/q",
            netbox_url="https://user:s3cret@netbox.example",
            netbox_token="s3cret",
        )
    )
    assert "QIANYUN_DATABASE_URL" in message
    assert "QIANYUN_NETBOX_URL" in message
    assert "s3cret" not in message


def test_secret_fields_are_known() -> None:
    typed = {n for n, f in Settings.model_fields.items() if "SecretStr" in str(f.annotation)}
    assert typed | {"database_url"} == SECRETS


def test_only_settings_read_the_environment() -> None:
    """`os.environ` and `os.getenv` appear in api/settings.py alone.

    migrator/attempts/secret_env.py is let pass: it reads no setting, it hands the whole environment on to
    the program that it becomes.
    """
    allowed = {"api/settings.py", "migrator/attempts/secret_env.py"}
    readers = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if _reads_environment(path)
    }
    assert "api/settings.py" in readers
    assert readers <= allowed


def _reads_environment(path: Path) -> bool:
    names = {"environ", "environb", "getenv", "getenvb"}
    used = {
        name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _names_of_os(node)
    }
    return bool(names & used)


def _names_of_os(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return {node.attr} if node.value.id == "os" else set()
    if isinstance(node, ast.ImportFrom) and node.module == "os":
        return {alias.name for alias in node.names}
    return set()


def test_vantages_from_the_environment_and_from_a_file(tmp_path: Path) -> None:
    told = load(at(tmp_path, vantages="b=http://10.0.0.8:9420/, a=http://[fd00::1]:9420"))
    expected = (("a", "http://[fd00::1]:9420"), ("b", "http://10.0.0.8:9420"))
    assert told.vantages == expected
    file = tmp_path / "qianyun.toml"
    file.write_text('[vantages]\nb = "http://10.0.0.8:9420"\na = "http://[fd00::1]:9420"\n')
    assert load(at(tmp_path)).vantages == expected
