"""What is wrong is said before anything is touched: exit codes and messages of the two o'clock."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from migrator.attempts.strategy import Strategy
from tests.city import STRATEGIES, City
from tests.lab.addresses import FILES
from tests.lab.lab import Lab
from tests.lab.ledger import write_ledger

TARGET = "zw-file-01"


@pytest.fixture(scope="module")
def planned(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The state folder of a city whose file service is to move, and the plan, which is approved."""
    city = City(lab, tmp_path_factory.mktemp("planned"))
    city.load_ledger(systems=(FILES,))
    return city.state, city.approved_plan()


@pytest.fixture
def plan(city: City, planned: tuple[Path, str]) -> str:
    state, code = planned
    shutil.copytree(state, city.state, dirs_exist_ok=True)
    return code


def test_a_missing_or_broken_ledger(city: City) -> None:
    gone = city.qianyun("inventory", "check", "/nowhere/台账.xlsx", expect=2)
    assert "/nowhere/台账.xlsx" in gone.stderr
    broken = city.state / "坏.xlsx"
    broken.write_bytes(b"this is no workbook")
    assert "坏.xlsx" in city.qianyun("inventory", "apply", str(broken), expect=2).stderr


def test_facts_that_changed_void_the_plan(city: City, plan: str) -> None:
    """Approved, then the department corrects an address: the run is refused, naming the field."""
    _apply_with_the_wrong_key(city)
    assert "ssh_host_key" in city.qianyun("run", "start", plan, expect=1).stderr
    assert "ssh_host_key" in city.qianyun("plan", "check", plan, expect=1).stdout


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_wrong_host_key_is_never_trusted(city: City, strategy: str) -> None:
    city.use(strategy)
    _apply_with_the_wrong_key(city)
    message = _dry_run_message(city, city.json("plan", "make", "--ignore-windows")["code"])
    assert TARGET in message
    assert "主机密钥与登记的不符，没有登录" in message
    assert "the host's key is not the one on record" in message


def test_every_host_of_the_lab_is_known_by_its_key(city: City, plan: str) -> None:
    """Its sshd offers curve25519 alone, under the name of the RFC."""
    looked = city.json("probe", "once", TARGET)["looks"]
    assert [(look["check"], look["family"], look["ok"]) for look in looked] == [
        ("ssh", 4, True),
        ("ssh", 6, True),
    ]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_host_that_does_not_answer(city: City, plan: str, strategy: str) -> None:
    city.use(strategy)
    city.lab.hosts[TARGET].stop()
    message = _dry_run_message(city, plan)
    assert f"{TARGET}: SSH 连不上主机，或连接中断" in message


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_wrong_sudo_password(city: City, plan: str, strategy: str) -> None:
    city.extra = {"QIANYUN_BECOME_PASSWORD": "not-the-password"}
    city.use(strategy)
    message = _dry_run_message(city, plan)
    assert "sudo 密码不对或没有设置：" in message
    assert "the sudo password is wrong or not set: " in message
    assert "not-the-password" not in message


@pytest.mark.slow
@pytest.mark.parametrize("strategy", Strategy)
def test_a_login_without_any_right_to_sudo(city: City, plan: str, strategy: Strategy) -> None:
    city.use(strategy)
    target = city.lab.hosts[TARGET]
    target.run(["sed", "-i", "/^qianyun/d", "/etc/sudoers"])
    message = _dry_run_message(city, plan)
    assert f"{TARGET}: 主机没有按预期执行 / the host did not run our module" in message
    assert "qianyun is not in the sudoers file" in message


def test_what_lies_on_the_target_is_not_taken_for_ours(city: City, plan: str) -> None:
    target = city.lab.hosts[TARGET]
    target.run(["sh", "-c", "mkdir -p /srv/files/other; echo x >/srv/files/other/precious.txt"])
    message = _dry_run_message(city, plan)
    assert "/srv/files: 2 entries, such as 'other/precious.txt'" in message
    assert target.root("/srv/files/other/precious.txt").read_text() == "x\n"


@pytest.mark.slow
def test_the_logins_home_is_no_systems_folder(city: City) -> None:
    tree = replace(FILES.trees[0], path="/home/qianyun")
    city.load_ledger(systems=(replace(FILES, trees=(tree,)),))
    plan = city.json("plan", "make", "--ignore-windows")["code"]
    assert "/home/qianyun 属于主机自身" in _dry_run_message(city, plan)


@pytest.mark.parametrize("words", [("plan", "show", "P-1"), ("run", "status", "R-1")])
def test_what_does_not_exist_is_bad_input(city: City, words: tuple[str, ...]) -> None:
    assert words[-1] in city.qianyun(*words, expect=2).stderr


def test_without_the_engine_a_run_says_what_to_do(city: City, plan: str) -> None:
    assert "qianyun up" in city.qianyun("run", "start", plan, expect=3).stderr


def _apply_with_the_wrong_key(city: City) -> None:
    """The ledger tells the gateway's host key for the target."""
    keys = {code: host.host_key for code, host in city.lab.hosts.items()}
    keys[TARGET] = keys["gw-01"]
    ledger = write_ledger(city.state / "台账2.xlsx", host_keys=keys, systems=(FILES,))
    city.qianyun("inventory", "apply", str(ledger))


def _dry_run_message(city: City, plan: str) -> str:
    """The dry run's answer is no; what it says of the file system's preflight."""
    told = city.json("plan", "dry-run", plan, expect=1)
    return str(next(r["message"] for r in told["steps"] if r["system"] == "LJ-S-003"))
