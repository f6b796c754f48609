"""`make demo`: the main job from an empty folder to a page of results.

A lab of real hosts is made, the sample city's ledger is loaded, a plan is made, rehearsed and
approved, and three systems move to the cloud while a client outside uses them, over IPv4 and
IPv6. On the way the worker and the engine are killed, as a machine room would do it.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from tests.city import City
from tests.demo_page import Results, show
from tests.lab.errors import LabError
from tests.lab.lab import Lab
from tests.lab.measure import outside_client, read

PACE = 0.1
"""Seconds between two requests of each of the client's six streams."""


class Story:
    """Says what happens, with the time since the beginning."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    @contextmanager
    def part(self, zh: str, en: str) -> Iterator[None]:
        started = time.monotonic()
        self._console.print(f"[dim]{self.seconds:6.1f} s[/]  {zh} / {en} …", highlight=False)
        yield
        took = time.monotonic() - started
        self._console.print(f"          [green]✔[/] {took:.1f} s", highlight=False)

    def say(self, zh: str, en: str) -> None:
        self._console.print(f"          [cyan]›[/] {zh} / {en}", highlight=False, markup=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Qianyun's main job, in a lab on this machine")
    parser.add_argument("--keep", type=Path, help="keep the state in this (empty) folder")
    parser.add_argument(
        "--inventory", choices=["embedded", "netbox"], default="embedded", help="what holds it"
    )
    parser.add_argument("--no-crash", action="store_true", help="do not kill worker and engine")
    options = parser.parse_args()
    console = Console(width=max(100, min(140, Console().width)))
    folder = options.keep or Path(tempfile.mkdtemp(prefix="qianyun-demo-"))
    state = folder / "state"
    state.mkdir(parents=True)
    story = Story(console)
    try:
        with story.part("搭建实验城市：机房、政务云、线路、主机", "building the lab"):
            lab = Lab.up(folder / "lab")
    except LabError as error:
        console.print(f"[red]✘[/] {escape(str(error))}", highlight=False)
        return 3
    with lab, ExitStack() as stack:
        city = City(lab, state)
        try:
            if options.inventory == "netbox":
                city = with_netbox(city, story, folder / "netbox", stack)
            results = tell(city, story, crash=not options.no_crash)
        except AssertionError as error:
            console.print(f"[red]✘[/] 演示未完成 / the demo did not come to its end; {state}")
            console.print(str(error), markup=False, highlight=False)
            return 3
        finally:
            city.stop_up()
    show(console, results)
    return 0 if results.good else 1


def with_netbox(city: City, story: Story, folder: Path, stack: ExitStack) -> City:
    """The same city, with a real NetBox as what holds rooms, lines, links, nodes and hosts."""
    from tests.city_netbox import make_ready, netbox_in

    with story.part("启动真实的 NetBox", "starting a real NetBox"):
        netbox = stack.enter_context(netbox_in(city.lab, folder))
    with story.part("在 NetBox 中建立所需字段与最小权限令牌", "fields and a least-privilege token"):
        return make_ready(city, netbox)


def tell(city: City, story: Story, *, crash: bool) -> Results:
    """The whole story; what it saw."""
    ledger = city.ledger()
    with story.part("核对并导入台账", "checking and applying the ledger"):
        city.qianyun("inventory", "check", str(ledger))
        city.apply(ledger)
    with story.part("启动引擎、执行进程与接口", "starting engine, worker and API"):
        city.start_up()
    with story.part("zhang 编制迁移方案", "zhang makes the plan"):
        plan = city.json("plan", "make", "--ignore-windows")
    with story.part("方案演练：检查模式，不改动任何主机", "dry run of the whole plan"):
        city.qianyun("plan", "dry-run", plan["code"])
    approve(city, story, plan)
    out = city.state / "client.jsonl"
    with (
        outside_client(city.lab, out, pace=PACE),
        story.part("按批次迁移三个系统", "moving three systems, wave by wave"),
    ):
        run = city.json("run", "start", plan["code"], actor="wang")["code"]
        if crash:
            strike(city, story, run)
        city.wait(run)
    city.qianyun("plan", "make", "--ignore-windows", expect=1)
    story.say("再次编制方案：没有可迁移的系统", "a second plan finds nothing left to move")
    return Results.gather(city, plan["code"], run, read(out), PACE, story.seconds)


def approve(city: City, story: Story, plan: dict[str, Any]) -> None:
    """The author is refused; a second person approves exactly this digest."""
    word = ("plan", "approve", plan["code"], "--digest", plan["digest"])
    city.qianyun(*word, actor="zhang", expect=1)
    story.say("编制人 zhang 审批：被拒绝", "zhang, the author, is refused")
    city.qianyun(*word, actor="li", expect=0)
    story.say(f"li 批准摘要 {plan['digest'][:16]}…", "li approves this digest")


def strike(city: City, story: Story, run: str) -> None:
    """SIGKILL the worker while data is being copied, then the engine; `up` brings both back."""
    city.until_attempt(run, "LJ-S-002", "presync")
    for name in ("worker", "temporal"):
        story.say(f"SIGKILL {name}", f"{name} is killed")
        city.kill(name)


if __name__ == "__main__":
    sys.exit(main())
