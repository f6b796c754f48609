"""The demo's last page: what happened, as an operator would show it to a superior."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tests.city import City
from tests.lab.measure import Line, Summary, lost_writes, summarise

STEPS = {
    "preflight": "预检",
    "backup": "备份",
    "presync": "预同步",
    "gate": "关口",
    "quiesce": "静默",
    "final_sync": "终同步",
    "start": "启动",
    "verify": "核验",
    "switch": "切换",
    "soak": "观察",
    "commit": "提交",
}


@dataclass(frozen=True)
class Results:
    """Everything the page shows, gathered from the product's own commands and the client."""

    plan: dict[str, Any]
    run: dict[str, Any]
    systems: dict[str, dict[str, Any]]
    seen: list[Summary]
    lost: int
    audit: str
    state: str
    seconds: float

    @property
    def good(self) -> bool:
        return (
            self.run["state"] == "done" and not self.lost and not any(s.errors for s in self.seen)
        )

    @classmethod
    def gather(
        cls, city: City, plan: str, run: str, lines: list[Line], pace: float, seconds: float
    ) -> "Results":
        status = city.status(run)
        systems = {i["system"]: city.facts(i["system"]) for i in status["items"]}
        serving = {
            code: city.lab.hosts[system["placement"]["hosts"][0]]
            for code, system in systems.items()
        }
        return cls(
            plan=city.json("plan", "show", plan),
            run=status,
            systems=systems,
            seen=summarise(lines, pace),
            lost=len(lost_writes(lines, serving)),
            audit=city.qianyun("audit", "verify").stdout.strip(),
            state=str(city.state),
            seconds=seconds,
        )


def show(console: Console, results: Results) -> None:
    """Print the page."""
    good = results.good
    verdict = (
        "迁移完成，无人察觉 / moved, and nobody noticed" if good else "未达预期 / not as it should"
    )
    console.print()
    console.rule(
        Text(f"迁云 Qianyun  {results.run['code']}  {verdict}", "green" if good else "red")
    )
    console.print(_steps(results))
    console.print(_outside(results))
    console.print(_checks(results))
    console.print(Panel(_papers(results), title="审批与证据 / approval and evidence"))


def _steps(results: Results) -> Table:
    table = Table(title="步骤用时（秒） / seconds per step", expand=True)
    table.add_column("步骤 / step")
    items = sorted(results.run["items"], key=lambda i: (i["wave"], i["system"]))
    for item in items:
        table.add_column(_heading(item, results.systems[item["system"]]), justify="right")
    for number, step in enumerate(items[0]["steps"]):
        name = Text(f"{STEPS.get(step['step'], '')} {step['step']}")
        table.add_row(name, *(_took(item["steps"][number]) for item in items))
    return table


def _heading(item: dict[str, Any], system: dict[str, Any]) -> Text:
    place = system["placement"]
    heading = Text(f"{item['system']} {system['name']}\n", justify="right")
    return heading.append(
        f"第 {item['wave']} 批 wave {item['wave']} → {place['place']} {place['hosts'][0]}", "dim"
    )


def _took(step: dict[str, Any]) -> Text:
    if step["state"] != "done":
        return Text(step["state"], "red")
    if not step.get("started_at") or not step.get("ended_at"):
        return Text("✔", "green")
    begun, ended = (datetime.fromisoformat(step[k]) for k in ("started_at", "ended_at"))
    return Text(f"{(ended - begun).total_seconds():.2f}", "green")


def _outside(results: Results) -> Table:
    table = Table(title="外部客户端所见 / what the client outside saw", expand=True)
    for name in ("系统 / system", "", "请求 / requests", "错误 / errors", "中断 / downtime s"):
        table.add_column(name, justify="left" if name[:1] == "系" else "right")
    table.add_column("最长请求 / longest ms", justify="right")
    table.add_column("已确认写入 / acknowledged writes", justify="right")
    for seen in results.seen:
        table.add_row(
            seen.system,
            f"IPv{seen.family}",
            str(seen.requests),
            Text(str(seen.errors), "red" if seen.errors else "green"),
            f"{seen.downtime_s:.2f}",
            f"{seen.longest_ms:.0f}",
            str(seen.acknowledged) if seen.acknowledged else "—",
        )
    table.caption = f"丢失的已确认写入 / acknowledged writes lost: {results.lost}"
    return table


def _checks(results: Results) -> Table:
    """The probes of gate and soak, IPv4 and IPv6 apart."""
    table = Table(title="探测 / probes", expand=True)
    for name in ("对象 / target", "gate v4", "gate v6", "soak v4", "soak v6"):
        table.add_column(name, justify="left" if name[0] == "对" else "center")
    cells: dict[tuple[str, str], str] = {}
    for body in (e["body"] for e in results.run["evidence"]):
        for target, verb, family, told in _looks(body):
            cells[target, f"{verb} v{family}"] = told
    for target in sorted({name for name, _ in cells}):
        row = [cells.get((target, c), "—") for c in ("gate v4", "gate v6", "soak v4", "soak v6")]
        table.add_row(target, *(Text(t, "green" if t[:1] == "✔" else "") for t in row))
    return table


def _looks(body: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """(target and check, verb, family, what to show) of one piece of evidence."""
    found = []
    if body.get("verb") == "gate":
        for look in body["probes"]:
            name, _, family = look["target"].rpartition(" v")
            told = f"✔ {look['ms']} ms" if look["ok"] else "✘"
            found.append((name, "gate", family, told))
    elif body.get("verb") == "soak":
        for full, tally in body["probes"].items():
            name, _, family = full.rpartition(" v")
            mark = "✘" if tally["failed"] else "✔"
            found.append(
                (
                    name,
                    "soak",
                    family,
                    f"{mark} {tally['looks'] - tally['failed']}/{tally['looks']}",
                )
            )
    return found


def _papers(results: Results) -> Group:
    plan, run = results.plan, results.run
    approvals = plan["approvals"]
    lines = [
        f"方案 / plan      {plan['code']}  编制 / made by {plan['author']}  {plan['made_at']}",
        f"摘要 / digest    {plan['digest']}",
        *(
            f"审批 / approval  {a['actor']} {a['decision']} {a['digest'][:16]}…  {a['at']}"
            for a in approvals
        ),
        f"执行 / run       {run['code']}  {run['started_by']}  {run['started_at']} → {run['ended_at']}",
        f"尝试 / attempts  {len(run['attempts'])}: "
        + ", ".join(
            f"{state} {sum(a['state'] == state for a in run['attempts'])}"
            for state in sorted({a["state"] for a in run["attempts"]})
        ),
        f"审计 / audit     {results.audit}",
        f"证据 / evidence  {results.state}  (qianyun.db, attempts/, client.jsonl)",
        f"总用时 / total   {results.seconds:.0f} s",
    ]
    return Group(*(Text(line) for line in lines))
