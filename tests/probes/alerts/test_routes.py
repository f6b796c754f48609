"""Alertmanager's configuration, judged by amtool: valid, and the right one is woken."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from inventory.model import Cloud, Estate, Line, Node, Organisation, Room
from probes.alerts.paging import Mailing, Paging, Receiver, Route, read_paging
from probes.alerts.routes import alertmanager, inhibitions, prometheus
from probes.errors import Misuse

needs_amtool = pytest.mark.skipif(
    shutil.which("amtool") is None, reason="no amtool here: make setup-netbox brings it"
)
ESTATE = Estate(
    organisations=(
        Organisation(code="ORG.JYJ", name="教育局"), Organisation(code="ORG-SJJ", name="数据局"),
    ),
    rooms=(Room(code="R", name="机房"), Room(code="TOWN", name="乡镇")),
    clouds=(Cloud(code="C", name="云"),),
    lines=(
        Line(code="L-1", name="l", a_end="R", z_end="C"),
        Line(code="L-2", name="l", a_end="R", z_end="TOWN"),
    ),
    nodes=(Node(code="P", name="平台"), Node(code="D", name="前置机", platform="P")),
)  # fmt: skip
PAGING = Paging(
    default="duty",
    receivers={
        "duty": Receiver(webhooks=("http://127.0.0.1:9/page",)),
        "jyj": Receiver(emails=("jyj@lanjiang.gov.cn",)),
        "sjj": Receiver(webhooks=("https://10.0.0.9/p",), token_file="/etc/qianyun/token"),
    },
    routes=(
        Route(organisations=("ORG.JYJ",), severities=("critical", "warning"), receiver="jyj"),
        Route(severities=("critical",), receiver="sjj", further=True),
        Route(severities=("critical",), receiver="duty"),
    ),
    mail=Mailing(sender="qianyun@lanjiang.gov.cn", smarthost="mail.lanjiang.gov.cn:25"),
)


def ran(*words: str | Path) -> str:
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_amtool
@pytest.mark.parametrize("paging", [PAGING, Paging()], ids=["whole", "nobody"])
def test_amtool_takes_it(tmp_path: Path, paging: Paging) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(alertmanager(ESTATE, paging))
    assert "SUCCESS" in ran("amtool", "check-config", path)


@needs_amtool
def test_who_is_woken(tmp_path: Path) -> None:
    """By who answers for it and how bad it is; a dot of a code is a dot."""
    path = tmp_path / "alertmanager.yml"
    path.write_text(alertmanager(ESTATE, PAGING))

    def woken(**labels: str) -> list[str]:
        told = [f"{name}={value}" for name, value in labels.items()]
        return ran("amtool", "config", "routes", "test", f"--config.file={path}", *told).split(",")

    assert woken(organisation="ORG.JYJ", severity="critical") == ["jyj\n"]
    assert woken(organisation="ORGxJYJ", severity="warning") == ["duty\n"]
    assert woken(organisation="ORG.JYJ", severity="info") == ["duty\n"]
    assert woken(organisation="ORG-SJJ", severity="critical") == ["sjj", "duty\n"]
    assert woken(severity="critical") == ["sjj", "duty\n"]


def test_every_end_is_told_and_as_deep_as_the_estate_goes() -> None:
    made = json.loads(alertmanager(ESTATE, PAGING))
    integrations = [
        one
        for receiver in made["receivers"]
        for kind, several in receiver.items()
        if kind != "name"
        for one in several
    ]
    assert len(integrations) == 3
    assert all(one["send_resolved"] for one in integrations)
    equal = [rule["equal"][0] for rule in inhibitions(ESTATE, PAGING)]
    assert equal == ["line_1", "line_2", "platform_1", "node"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool here")
def test_promtool_takes_prometheus_own(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text('{"groups": []}')
    path = tmp_path / "prometheus.yml"
    path.write_text(prometheus(["127.0.0.1:9420"], "http://127.0.0.1:9093/am"))
    assert "SUCCESS" in ran("promtool", "check", "config", path)
    assert json.loads(path.read_text())["alerting"]["alertmanagers"][0]["path_prefix"] == "/am"


def paging_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "paging.toml"
    path.write_text(text)
    return path


def test_the_file_of_who_is_woken(tmp_path: Path) -> None:
    text = (
        'default = "duty"\nhome = "R"\n[receivers.duty]\nwebhooks = ["http://127.0.0.1:9/page"]\n'
        '[[routes]]\norganisations = ["ORG.JYJ"]\nreceiver = "duty"\n[timing]\nwait = 1\n'
    )
    read = read_paging(paging_file(tmp_path, text), ESTATE)
    assert (read.home, read.timing.wait) == ("R", 1)
    assert read.routes[0].organisations == ("ORG.JYJ",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[routes]]\nreceiver = "nobody"\n', "nobody"),
        ('[[routes]]\nreceiver = "default"\norganisations = ["X"]\n[receivers.default]\n', "X"),
        ('home = "NOWHERE"\n', "NOWHERE"),
        ('[severities]\n"节点" = "bad"\n', "bad"),
        ('[receivers.default]\nwebhooks = ["ftp://x"]\n', "ftp://x"),
        ('[receivers.default]\nemails = ["a@b.cn"]\n', "[mail]"),
        ('[receivers.default]\nemails = ["{{ .x }}@b.cn"]\n', "{{ .x }}@b.cn"),
        ("pagers = 1\n", "pagers"),
        ("default = \n", "paging.toml"),
    ],
)
def test_what_is_wrong_is_told_whole(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Misuse, match="refused") as refused:
        read_paging(paging_file(tmp_path, text), ESTATE)
    assert told in str(refused.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="cannot be read"):
        read_paging(tmp_path / "none.toml", ESTATE)
