"""How hosts are logged in to: defaults, zones, hosts; what is refused, and without showing a secret."""

import subprocess
from ipaddress import ip_address
from pathlib import Path

import pytest

from api.access import Access, Guide, read_access
from api.settings import SettingsError, load
from inventory.model import Estate, Host, Line, Room, Secrecy, System, Zone
from probes.census.known import KnownHosts
from probes.census.model import Target, Way
from probes.errors import Misuse
from tests.probes.servers import make_key

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb1" + "a" * 40


def access(tmp_path: Path, text: str, mode: int = 0o600, **environ: str) -> Access:
    path = tmp_path / "access.toml"
    path.write_text(text)
    path.chmod(mode)
    key = tmp_path / "own"
    key.touch()
    told = {"QIANYUN_STATE": str(tmp_path), "QIANYUN_DISCOVER_ACCESS": str(path), **environ}
    return read_access(load(told), key)


def host(code: str = "h1", **more: object) -> Host:
    told = {"code": code, "name": code, "ipv4": "10.0.0.1", "zone": "private", "place": "R"}
    return Host.model_validate(told | {"ssh_host_key": KEY} | more)


def target(of: Access, one: Host, *others: Host) -> Target:
    line = Line(code="L", name="L", a_end="R")
    rooms = (Room(code="R", name="R"),)
    found = Guide(Estate(rooms=rooms, lines=(line,), hosts=(one, *others)), of).target(one)
    assert found
    return found


def test_the_nearest_entry_counts(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Geheim-1\n")
    secret.chmod(0o600)
    of = access(
        tmp_path,
        f"""
        [default]
        user = "census"
        agent = true
        [zones.private]
        password = "file:{secret}"
        port = 2222
        [hosts.h1]
        user = "root"
        """,
    )
    one = target(of, host())
    assert (one.stop.login.user, one.stop.login.agent, one.stop.port) == ("root", True, 2222)
    assert one.stop.login.key == tmp_path / "own"
    assert one.stop.login.password
    assert one.stop.login.password.get_secret_value() == "Geheim-1"
    assert "Geheim-1" not in f"{one!r} {of!r}"
    assert of.secrets() == ("Geheim-1",)
    assert (one.stop.keys, one.lines) == ((KEY,), ("L",))
    plain = target(of, host(zone=Zone.EXTRANET))
    assert plain.stop.login.password is None
    assert plain.stop.port == 22


def test_without_a_file_the_settings_count(tmp_path: Path) -> None:
    environ = {"QIANYUN_STATE": str(tmp_path), "QIANYUN_SSH_USER": "ops"}
    of = read_access(load(environ | {"QIANYUN_DISCOVER_PASSWORD": "pw"}), tmp_path / "none")
    one = target(of, host())
    assert (one.stop.login.user, one.stop.login.key) == ("ops", None)
    assert of.secrets() == ("pw",)


def test_windows_goes_its_own_way(tmp_path: Path) -> None:
    of = access(tmp_path, "[hosts.w3]\nway = 'winrm'\ntls = false\n")
    server = {"os": "Windows Server 2016", "zone": None}
    assert target(of, host(**server)).way is Way.WINDOWS_SSH  # there is only a key
    assert target(of, host("w3", **server)).stop.port == 5985
    password = access(tmp_path, "[default]\npassword = 'x'\n")
    one = target(password, host(**server))
    assert (one.way, one.stop.port, one.trust.verify, one.trust.tls) == (
        Way.WINRM,
        5986,
        True,
        True,
    )
    assert target(password, host()).way is Way.SSH


def test_jump_hosts_are_hosts_with_a_login_of_their_own(tmp_path: Path) -> None:
    of = access(tmp_path, "[zones.private]\njump = ['j1', 'j2']\n[hosts.j1]\nuser = 'gate'\n")
    jumps = (host("j1", ipv4="10.0.0.2"), host("j2", ipv4="10.0.0.3", zone=None))
    one = target(of, host(), *jumps)
    assert [(j.code, j.login.user, str(j.address)) for j in one.jumps] == [
        ("j1", "gate", "10.0.0.2"),
        ("j2", "qianyun", "10.0.0.3"),
    ]
    with pytest.raises(Misuse, match="j1"):
        target(of, host())
    secret = System(code="S", name="S", secrecy=Secrecy.CLASSIFIED)
    hidden = Estate(
        rooms=(Room(code="R", name="R"),),
        systems=(secret,),
        hosts=(host(), host("j1", ipv4="10.0.0.2", system="S"), jumps[1]),
    )
    with pytest.raises(Misuse, match="j1"):
        Guide(hidden, of).target(hidden.hosts[0])


@pytest.mark.parametrize(
    ("text", "mode", "told"),
    [
        ("[zones.mars]\nuser='x'", 0o600, "zones.mars"),
        ("[other]\n", 0o600, "other"),
        ("[default]\npasword='Geheim-1'", 0o600, "default.pasword"),
        ("[default]\npassword='Geheim-1'", 0o644, "chmod 600"),
        ("[default]\npassword='file:relative'", 0o600, "default.password"),
        ("[default]\npassword='file:/nowhere/x'", 0o600, "/nowhere/x"),
        ("[hosts.h1]\nport=0", 0o600, "hosts.h1.port"),
        ("[hosts.h1]\nway='telnet'", 0o600, "windows_ssh"),
        ("[default]\npassword = Geheim-1", 0o600, "TOML"),
        ("hosts = 3", 0o600, "hosts"),
        ("[hosts]\nh1 = 3", 0o600, "hosts.h1"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, mode: int, told: str) -> None:
    with pytest.raises(SettingsError) as met:
        access(tmp_path, text, mode)
    assert told in str(met.value)
    assert "Geheim-1" not in str(met.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    environ = {"QIANYUN_STATE": str(tmp_path), "QIANYUN_DISCOVER_ACCESS": str(tmp_path / "no")}
    with pytest.raises(SettingsError, match="no"):
        read_access(load(environ), tmp_path / "key")


def test_known_hosts(tmp_path: Path) -> None:
    made = {name: make_key(tmp_path, name=name)[1] for name in ("a", "b", "c")}
    path = tmp_path / "known_hosts"
    path.write_text(
        f"# a note\n10.0.0.9,web-01 {made['a']} comment\n[10.0.0.9]:2222 {made['b']}\n"
        f"10.0.0.8 {made['c']}\n*.gov.cn {made['a']}\nnonsense\n|1|broken {made['a']}\n"
        f"@revoked * {made['c']}\n@cert-authority * {made['b']}\n10.0.0.9 ssh-rsa AAAA\n\n"
    )
    known = KnownHosts.read(path)
    assert known.keys(ip_address("10.0.0.9"), 22) == (made["a"],)
    assert known.keys(ip_address("10.0.0.7"), 22, "WEB-01") == (made["a"],)
    assert known.keys(ip_address("10.0.0.9"), 2222) == (made["b"],)
    assert known.keys(ip_address("10.0.0.8"), 22) == ()  # revoked
    path.write_text(f"10.0.0.9 {made['a']}\n[10.0.0.9]:2222 {made['b']}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", path], check=True, capture_output=True)
    assert "10.0.0.9" not in path.read_text()
    assert KnownHosts.read(path).keys(ip_address("10.0.0.9"), 2222) == (made["b"],)
    with pytest.raises(Misuse, match="KNOWN_HOSTS"):
        KnownHosts.read(tmp_path / "nowhere")
