"""Windows: answers in the shape of windows.ps1, written after Microsoft's documentation.

There is no Windows here: what a real one says was never seen by these tests.
"""

import base64
import json
from typing import Any

import pytest

from inventory.facts import FACTS, HostFacts
from probes.census import windows

BOUNDARY = "00ff" * 8
NOW = 1_700_000_000


def tcp(state: int, at: str, port: int, peer: str, peer_port: int, process: str | None) -> Any:
    told = {"state": state, "at": at, "port": port, "peer": peer}
    return told | {"peer_port": peer_port, "process": process}


SERVER: dict[str, Any] = {
    "os": {
        "data": [
            {
                "name": "Microsoft Windows Server 2016 Datacenter",
                "version": "10.0.14393",
                "pack": None,
                "host": "WEB-01",
                "arch": "AMD64",
                "boot": "2023-11-01T00:00:00Z",
                "now": "2023-11-14T22:13:25Z",
                "free_kib": 2_000_000,
            }
        ]
    },
    "machine": {
        "data": [
            {
                "maker": "VMware, Inc.",
                "model": "VMware Virtual Platform",
                "cores": 8,
                "memory": 17_179_398_144,
                "installed": 17_179_869_184,
                "page_mib": 2432,
                "busy": 3.5,
            }
        ]
    },
    "disks": {
        "data": [
            {
                "name": "\\\\.\\PHYSICALDRIVE0",
                "size": 107_372_805_120,
                "type": "Fixed hard disk media",
            },
            {"name": "\\\\.\\PHYSICALDRIVE1", "size": None, "type": "Removable Media"},
        ]
    },
    "filesystems": {
        "data": [
            {
                "mount": "C:\\",
                "device": "\\\\?\\Volume{1}\\",
                "type": "NTFS",
                "size": 1000,
                "free": 400,
            }
        ]
    },
    "tcp": {
        "data": [
            {
                "state": 2,
                "at": "0.0.0.0",
                "port": 80,
                "peer": "0.0.0.0",
                "peer_port": 0,
                "process": "System",
            },
            tcp(2, "::", 80, "::", 0, "System"),
            {
                "state": 2,
                "at": "127.0.0.1",
                "port": 8005,
                "peer": "0.0.0.0",
                "peer_port": 0,
                "process": None,
            },
            {
                "state": 5,
                "at": "10.1.0.8",
                "port": 80,
                "peer": "10.1.0.9",
                "peer_port": 50000,
                "process": "System",
            },
            {
                "state": 5,
                "at": "10.1.0.8",
                "port": 22,
                "peer": "10.9.0.1",
                "peer_port": 40000,
                "process": "sshd",
            },
            tcp(5, "::1", 1, "::1", 2, "x"),
        ]
    },
    "udp": {"data": [{"at": "0.0.0.0", "port": 123, "process": "svchost"}]},
    "packages": {
        "data": [
            {"name": "SQL Server 2014", "version": "12.0", "at": "20190301"},
            {"name": "7-Zip", "version": None, "at": None},
        ]
    },
    "updates": {"data": [{"name": "KB5012170", "at": "2022-08-10T16:00:00Z"}]},
    "services": {"data": [{"name": "W3SVC", "id": 1204}]},
    "databases": {
        "data": [
            {"engine": "sqlserver", "files": []},
            {
                "engine": "sqlserver",
                "instance": "MSSQLSERVER",
                "version": "12.0.2000",
                "files": [{"name": "户籍", "size": 8_388_608}],
            },
        ]
    },
    "jobs": {
        "data": [
            {
                "name": "\\备份",
                "when": "MSFT_TaskDailyTrigger 2019-01-01T02:00:00",
                "command": "backup.exe",
            }
        ]
    },
    "certificates": {
        "data": [
            {
                "path": "Cert:\\LocalMachine\\My\\AB",
                "subject": "CN=web",
                "issuer": "CN=ca",
                "names": ["web", "www"],
                "begins": "2020-01-01T00:00:00Z",
                "ends": "2021-01-01T00:00:00Z",
            }
        ]
    },
    "logins": {"data": [{"user": "Administrator", "at": "2023-10-01T08:00:00Z"}]},
    "addresses": {
        "data": [
            {"at": "10.1.0.8", "length": 24},
            {"at": "fe80::1%4", "length": 64},
            {"at": "2001:db8::8", "length": 64},
            {"at": "127.0.0.1", "length": 8},
        ]
    },
    "routes": {"data": [{"to": "0.0.0.0/0", "via": "10.1.0.1", "device": "以太网"}]},
    "clock": {"data": [{"source": "ntp.example"}]},
    "visitor": {"data": ["10.9.0.1 40000 10.1.0.8 22"]},
}


def facts(told: object, before: str = "", after: str = "") -> HostFacts:
    raw = f"{before}\n{BOUNDARY} begin\n{json.dumps(told, ensure_ascii=False)}\n{BOUNDARY} end\n{after}"
    return windows.facts_of(raw, BOUNDARY, now=NOW)[0]


def test_a_server_as_a_whole() -> None:
    found = facts(SERVER, before="Welcome!\r\n", after="bye")
    assert found.unread == ()
    assert found.os is not None
    assert (found.os.name, found.os.version) == ("Windows Server 2016 Datacenter", "2016")
    assert (found.hostname, found.arch, found.cores) == ("WEB-01", "AMD64", 8)
    assert found.memory is not None
    assert found.memory.total == 16 * 2**30  # what is built in
    assert [d.size for d in found.disks or ()] == [107_372_805_120]
    assert [(f.mount, f.used) for f in found.filesystems or ()] == [("C:\\", 600)]
    listening = {(s.protocol, s.family, s.port, s.local) for s in found.sockets or ()}
    assert listening == {
        ("tcp", 4, 80, False),
        ("tcp", 6, 80, False),
        ("tcp", 4, 8005, True),
        ("udp", 4, 123, False),
    }
    assert [(str(c.peer), c.port) for c in found.connections or ()] == [("10.1.0.9", 80)]
    assert found.packages is not None
    assert (found.packages.count, found.packages.updated) == (2, "2022-08-10T16:00:00+00:00")
    assert [(d.name, d.size) for d in found.databases or ()] == [("户籍", 8_388_608)]
    assert [str(a) for a in found.addresses or ()] == ["10.1.0.8/24", "2001:db8::8/64"]
    assert found.clock is not None
    assert (found.clock.synchronised, found.clock.offset) == (True, 5)
    assert found.load is not None
    assert (found.load.busy, found.load.uptime, found.load.load) == (30, 1_203_205, None)
    assert [c.ends for c in found.certificates or ()] == ["2021-01-01T00:00:00+00:00"]


def test_one_row_that_powershell_unwrapped() -> None:
    bare = {
        name: {"data": part["data"][0]} if name != "visitor" else part
        for name, part in SERVER.items()
    }
    found = facts(bare)
    assert {one.fact for one in found.unread} == {"databases.size"}  # its files stood in row two
    assert [s.name for s in found.services or ()] == ["W3SVC"]


def test_each_fact_fails_by_itself() -> None:
    denied = SERVER | {
        "certificates": {"why": "not_permitted", "said": "Access is denied."},
        "tcp": {"why": "no_command", "said": "Get-NetTCPConnection"},
        "clock": {"why": "failed", "said": "0x80070426"},
    }
    found = facts(denied)
    told = {one.fact: one.why.value for one in found.unread}
    assert told == {
        "certificates": "not_permitted",
        "sockets": "no_command",
        "connections": "no_command",
    }
    assert found.clock is not None
    assert found.clock.synchronised is None


@pytest.mark.parametrize("told", [[], "x", {}, {"os": 1}, {"os": {"data": [{"name": 3}]}}])
def test_what_is_not_the_shape_is_unread(told: object) -> None:
    found = facts(told)
    unread = {one.fact for one in found.unread}
    assert all((getattr(found, fact) is None) == (fact in unread) for fact in FACTS)


def test_json_deeper_than_anything() -> None:
    raw = f"\n{BOUNDARY} begin\n" + "[" * 200_000 + f"\n{BOUNDARY} end\n"
    found, _ = windows.facts_of(raw, BOUNDARY, now=NOW)
    assert {one.why.value for one in found.unread} == {"cut_off"}


def test_an_answer_that_is_cut_off() -> None:
    raw = f"\n{BOUNDARY} begin\n" + json.dumps(SERVER)[:500]
    found, packages = windows.facts_of(raw, BOUNDARY, now=NOW)
    assert {one.why.value for one in found.unread} == {"cut_off"}
    assert packages == ()


def test_the_command_reads_the_script_from_its_input() -> None:
    word = windows.COMMAND.rsplit(" ", 1)[1]
    assert base64.b64decode(word).decode("utf-16-le").startswith("& ([scriptblock]::Create(")
    assert len(windows.COMMAND) < 500
    assert windows.script(BOUNDARY).startswith(f"$B = '{BOUNDARY}'\n")
    with pytest.raises(ValueError, match="hexadecimal"):
        windows.script("'; evil")
