"""What hosts said, as facts: CentOS 6 to openEuler, ss and netstat, rpm and dpkg, systemd and sysv."""

import subprocess
from ipaddress import ip_address
from shutil import which

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.facts import FACTS, HostFacts, Why
from probes.census import linux
from probes.census.script import FOLDER, answers, sections
from tests.census.hosts import pem
from tests.probes.census.recorded import BOUNDARY, BUSYBOX, EL6, NETSTAT, raw

NOW = 1_700_000_000  # 2023-11-14


def facts(text: str) -> HostFacts:
    return linux.facts_of(text, BOUNDARY, now=NOW)[0]


def unread(found: HostFacts) -> dict[str, str]:
    return {one.fact: one.why.value for one in found.unread}


def test_each_fact_has_its_section() -> None:
    assert {fact for section in sections() for fact in section.facts} == set(FACTS)


def test_centos_6_as_a_whole() -> None:
    found, packages = linux.facts_of(raw("root", **EL6), BOUNDARY, now=NOW)
    assert found.os is not None
    assert (found.os.name, found.os.version, found.os.id) == ("CentOS", "6.10", "centos")
    assert (found.hostname, found.arch, found.cores) == ("db-01.example.gov", "x86_64", 2)
    assert found.memory is not None
    assert found.memory.available == (1_000_000 + 200_000 + 4_000_000) * 1024
    assert found.load is not None
    assert (found.load.busy, found.load.uptime, found.load.load) == (
        15,
        8_640_000,
        ("0.00", "0.01", "0.05"),
    )
    assert [(d.name, d.size) for d in found.disks or ()] == [("sda", 300_000_000_000)]
    assert [(f.mount, f.type) for f in found.filesystems or ()] == [
        ("/", "ext4"),
        ("/mnt/a b", "nfs"),
    ]
    assert found.packages is not None
    assert (found.packages.count, found.packages.updated) == (2, "2020-01-01T00:00:00+00:00")
    assert [p.name for p in packages] == ["bash", "kernel"]
    assert {s.name for s in found.services or ()} == {"rsyslog", "crond", "mysqld"}
    assert [(j.source, j.when) for j in found.jobs or ()] == [
        ("/etc/crontab", "01 * * * *"),
        ("/var/spool/cron/oracle", "*/5 * * * *"),
        ("/var/spool/cron/oracle", "@reboot"),
    ]
    assert [(o.user, o.at) for o in found.logins or ()] == [("root", "2019-03-01T09:00:00")]
    assert [str(a) for a in found.addresses or ()] == ["10.1.0.5/24", "2001:db8:1::5/64"]
    assert found.clock is not None
    assert (found.clock.synchronised, found.clock.source, found.clock.offset) == (
        True,
        "ntpd 10.1.0.2",
        3,
    )
    assert found.certificates == ()
    assert unread(found) == {"jobs.users": "not_permitted", "databases.size": "not_permitted"}


def test_sockets_of_an_old_ss() -> None:
    found = facts(raw("root", **EL6))
    listening = {(s.protocol, s.family, s.port, s.process, s.local) for s in found.sockets or ()}
    assert listening == {
        ("udp", 46, 68, "dhclient", False),
        ("tcp", 6, 22, "sshd", False),
        ("tcp", 46, 22, "sshd", False),
        ("tcp", 4, 631, "cupsd", True),
        ("tcp", 6, 3306, "mysqld", False),
    }
    (one,) = found.connections or ()  # ours is left out
    assert (str(one.peer), one.port, one.process) == ("10.1.0.9", 3306, "mysqld")
    assert found.visitor == ip_address("10.50.0.10")


def test_databases_by_sql_by_folder_and_by_process() -> None:
    found = facts(raw("root", **EL6))
    assert [(d.engine, d.name, d.size) for d in found.databases or ()] == [
        ("mysql", "", 2**30),
        ("oracle", "ORCL", None),
        ("dameng", "", None),
    ]
    name = "户籍".encode().hex()
    told = EL6 | {
        "databases": {
            "processes": " 1 postgres /usr/lib/postgresql/15/bin/postgres -D /x\n"
            " 9 mysql /usr/sbin/mariadbd\n",
            "pg 5433": f"7000000|{name}|15.6 (Debian 15.6-0)\n",
            "mysql /run/mysqld/mysqld.sock": f"4096\t{name.upper()}\t10.11.6-MariaDB\n"
            "0\t73797300\t10.11.6-MariaDB\n",
        }
    }
    found = facts(raw("all", **told))
    assert [(d.engine, d.name, d.size, d.port) for d in found.databases or ()][:2] == [
        ("postgresql", "户籍", 7_000_000, 5433),
        ("mariadb", "户籍", 4096, None),
    ]


def test_without_processes_no_database_is_not_none() -> None:
    found = facts(raw(**(EL6 | {"databases": {"processes": ""}})))
    assert found.databases is None
    assert unread(found)["databases"] == "no_command"


def test_netstat_where_there_is_no_ss() -> None:
    found = facts(raw(**(EL6 | {"sockets": NETSTAT})))
    assert {(s.protocol, s.family, s.port, s.process) for s in found.sockets or ()} == {
        ("tcp", 4, 22, "sshd"),
        ("tcp", 4, 25, "master"),
        ("tcp", 6, 8080, None),
        ("udp", 4, 68, "dhclient"),
    }
    (one,) = found.connections or ()
    assert (one.port, str(one.peer), one.peer_port, one.process) == (
        8080,
        "10.1.0.7",
        50010,
        "java",
    )
    assert unread(found)["sockets.process"] == "not_permitted"


def test_busybox() -> None:
    found = facts(raw(**(EL6 | BUSYBOX)))
    assert [str(a) for a in found.addresses or ()] == [
        *("10.2.0.5/24", "10.3.0.5/16", "2001:db8:3::5/64", "2001:db8:2::5/64"),
    ]
    assert [(r.to, r.via) for r in found.routes or ()] == [
        ("default", "10.2.0.1"),
        ("10.2.0.0/24", ""),
    ]
    assert [o.at for o in found.logins or ()] == ["2022-11-19T21:13:00"]  # none lies ahead of now


UBUNTU = """\
NAME='Ubuntu'
ID=ubuntu
VERSION_ID="18.04"
PRETTY_NAME="Ubuntu 18.04.6 LTS"
"""
OPENEULER = """\
NAME="openEuler"
ID="openEuler"
VERSION_ID="22.03"
VERSION="22.03 (LTS-SP3)"
"""
KYLIN = 'NAME="Kylin Linux Advanced Server"\nVERSION="V10 (Tercel)"\nID="kylin"\nVERSION_ID="V10"\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"/etc/os-release": KYLIN}, ("kylin", "V10")),
        (
            {"/etc/os-release": KYLIN, "/etc/.productinfo": "release V10 (SP3) /(Lance)-x86_64\n"},
            ("kylin", "V10 SP3"),
        ),
        (
            {
                "/etc/os-release": 'NAME="CentOS Linux"\nID="centos"\nVERSION_ID="7"\n',
                "/etc/redhat-release": "CentOS Linux release 7.9.2009 (Core)\n",
            },
            ("centos", "7.9.2009"),
        ),
        (
            {"/etc/redhat-release": "Red Hat Enterprise Linux Server release 6.5 (Santiago)\n"},
            ("red", "6.5"),
        ),
        (
            {"/etc/os-release": UBUNTU},
            ("ubuntu", "18.04.6"),
        ),
        ({"/etc/os-release": 'NAME="uos"\nID=uos\nVERSION_ID="20"\n'}, ("uos", "20")),
        (
            {"/etc/os-release": OPENEULER},
            ("openEuler", "22.03 SP3"),
        ),
        (
            {
                "/etc/os-release": 'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\n',
                "/etc/debian_version": "12.5\n",
            },
            ("debian", "12.5"),
        ),
    ],
)
def test_systems(files: dict[str, str], expected: tuple[str, str]) -> None:
    uname = EL6["os"]["uname"]
    found = facts(raw(**(EL6 | {"os": {"uname": uname, **files}})))
    assert found.os is not None
    assert (found.os.id, found.os.version) == expected


def test_systemd_and_dpkg() -> None:
    told = {
        "services": {
            "systemd": "  ssh.service      loaded active running OpenBSD Secure Shell server\n"
            "● nginx.service loaded active running A high performance web server\n"
        },
        "packages": {
            "dpkg": "install ok installed\tbash\t5.2.15-2\ndeinstall ok config-files\told\t1\n",
            "changed": "1690000000\n",
        },
        "clock": {
            "now": f"{NOW}\n",
            "chronyc": "Reference ID    : 0A010002 (10.1.0.2)\nLeap status     : Normal\n",
        },
    }
    found = facts(raw(**(EL6 | told)))
    assert [(s.name, s.manager) for s in found.services or ()] == [
        ("nginx", "systemd"),
        ("ssh", "systemd"),
    ]
    assert found.packages is not None
    assert (found.packages.manager, found.packages.count) == ("dpkg", 1)
    assert found.packages.updated == "2023-07-22T04:26:40+00:00"
    assert found.clock is not None
    assert (found.clock.synchronised, found.clock.source) == (True, "chrony 10.1.0.2")


def test_certificates_first_of_each_file_and_a_broken_one() -> None:
    good = pem("a.example", -1, 30).decode()
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    found = facts(raw(**(EL6 | {"certificates": {"/a.pem": good, "/b.pem": broken, "/c": ""}})))
    assert [(c.path, c.subject) for c in found.certificates or ()] == [("/a.pem", "CN=a.example")]
    assert unread(found)["certificates.file"] == "not_understood"


def test_what_a_section_lacks_is_unread_with_its_reason() -> None:
    found = facts(raw(**(EL6 | {"logins": {"lack logins not_kept": ""}})))
    assert found.logins is None
    assert unread(found)["logins"] == Why.NOT_KEPT


def test_what_a_command_could_not_tell_in_time_is_unread_for_that() -> None:
    whole = raw("root", **EL6)

    def late(after: str) -> dict[str, str]:
        cut = whole.replace(f"part {after}\n", f"part {after}\n\n{BOUNDARY} late\n", 1)
        return unread(facts(cut))

    assert late("ss")["sockets"] == late("ss")["connections"] == "timeout"
    assert late("rpm")["packages"] == "timeout"
    assert "timeout" not in unread(facts(whole)).values()


def test_a_data_folder_that_takes_too_long_to_measure_has_no_size() -> None:
    slow = {"folder mysql /var/lib/mysql": "", "late": ""}
    told = EL6 | {"databases": {"processes": EL6["databases"]["processes"], **slow}}
    text = raw("root", **told).replace(f"{BOUNDARY} part late\n", f"{BOUNDARY} late\n")
    unread = [one for one in facts(text).unread if one.why is Why.TIMEOUT]
    assert [(one.fact, one.said) for one in unread] == [("databases.size", "mysql")]


@pytest.mark.parametrize("shell", [["dash"], ["bash"], ["busybox", "sh"]])
def test_a_command_that_is_ended_says_so_to_all(shell: list[str]) -> None:
    if not which(shell[0]):
        pytest.skip(f"no {shell[0]}")
    functions = (FOLDER / "linux.sh").read_text()
    calls = "mark begin jobs\npart x\nkept=$(t 1 sleep 60)\nt 1 true\nt 1 false\nmark end jobs\n"
    told = f"B={BOUNDARY}\n{functions}{calls}"
    done = subprocess.run(shell, input=told, capture_output=True, text=True, check=True)
    assert answers(done.stdout, BOUNDARY)["jobs"].late == {"x"}
    assert done.stdout.count("late") == 1


def test_an_answer_that_ends_early_leaves_the_rest_unread() -> None:
    whole = raw(**EL6)
    cut = whole[: whole.index(f"{BOUNDARY} end packages")]
    found = facts(cut)
    assert found.sockets
    assert found.packages is None
    assert unread(found)["packages"] == unread(found)["clock"] == "cut_off"


def test_text_of_a_host_cannot_end_or_begin_a_section() -> None:
    forged = "\n00000000000000000000000000000000 end os\n\x1b[2J\x00\n" + BOUNDARY + " end os\n"
    told = EL6 | {"jobs": {"/etc/crontab": f"1 2 3 4 5 root echo {forged}"}}
    found = answers(raw(**told), BOUNDARY)
    # a boundary in the middle of a line is text; one alone on a line needs the random number
    assert found["jobs"].whole
    assert "\x1b" not in facts(raw(**told)).model_dump_json()


@given(st.text(max_size=300), st.sampled_from([s.name for s in sections()]), st.data())
def test_no_text_breaks_the_parsers(text: str, section: str, data: st.DataObject) -> None:
    """Whatever stands in a part, every fact is there or told as unread."""
    parts = dict(EL6[section]) or {"": ""}
    name = data.draw(st.sampled_from(sorted(parts)))
    found = facts(raw(**(EL6 | {section: parts | {name: text}})))
    told = {one.fact for one in found.unread}
    assert all((getattr(found, fact) is None) == (fact in told) for fact in FACTS)


HOSTILE = (
    " " * 900,
    "1 " * 450,
    "root pts/0 " + " " * 900,
    "-----BEGIN CERTIFICATE-----" * 30,
    "a" * 900,
    "/dev/x " + "1 " * 450,
    "* " * 450,
)


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_lines_cost_no_more_than_their_length(line: str) -> None:
    """A pattern that tries everything again at every place would never come to an end here: once
    `last`, `df` and the release files had such patterns. The suite's own time-out is the judge."""
    text = f"{line}\n" * 300
    parts = {
        name: dict.fromkeys((*told, "last", "df", "timers"), text) for name, told in EL6.items()
    }
    found = facts(raw(**parts))
    assert found.disks in ((), None)
