"""The census: 20,000 rows of ledgers read, in time and memory, and how many fields are right.

The rows twice: a city's usual mixture, and systems alone, whose 15 columns differ in every row. The
memory is the reader's and its child's together, each at its peak; the processor time likewise.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from inventory.ledger import read_ledgers

ROWS = 20_000
ROUNDS = 3
YUNZHOU = Path(__file__).parents[1] / "data" / "yunzhou"
KINDS = {"rooms": "name", "systems": "name", "hosts": "name", "nodes": "name", "lines": "cid"}
READ = """
import json, resource, sys, time
from pathlib import Path
from inventory.ledger import read_ledgers
begun = time.monotonic()
report = read_ledgers([Path(p) for p in sys.argv[1:]])
took = time.monotonic() - begun
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
peak = sum(u.ru_maxrss for u in used) / 1024
cpu = sum(u.ru_utime + u.ru_stime for u in used)
print(json.dumps([took, peak, cpu, report.counts["rows"], report.counts["problems"]]))
"""
PARSE = """
import sys, time
from python_calamine import load_workbook
begun = time.monotonic()
book = load_workbook(sys.argv[1])
for name in book.sheet_names:
    book.get_sheet_by_name(name).to_python()
print(time.monotonic() - begun)
"""


def figures() -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="qy-bench-") as folder:
        yield from _read("census.read_20000", _book(Path(folder) / "台账.xlsx"))
        yield from _read("census.read_20000_systems", _systems(Path(folder) / "系统.xlsx"))
    yield _fields()


def _read(name: str, path: Path) -> Iterator[dict[str, object]]:
    runs = [json.loads(_python(READ, path)) for _ in range(ROUNDS)]
    alone = min(float(_python(PARSE, path)) for _ in range(ROUNDS))
    assert all((rows, problems) == (ROWS, 0) for *_, rows, problems in runs)
    took, peak, cpu = min(r[0] for r in runs), max(r[1] for r in runs), min(r[2] for r in runs)
    yield {
        "name": name,
        "value": round(took, 2),
        "unit": f"s, best of {ROUNDS}; {cpu:.2f} s of processor time",
        "bar": "≤ 10",
        "ok": took <= 10,
        "beside": round(alone, 2),
        "beside_is": "s, the parser of workbooks alone on the same file",
    }
    yield {
        "name": f"{name}_memory",
        "value": round(peak),
        "unit": f"MiB, largest of {ROUNDS}, the child that opens the file counted",
        "bar": "≤ 500",
        "ok": peak <= 500,
    }


def _python(code: str, path: Path) -> str:
    argv = [sys.executable, "-c", code, str(path)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def _book(path: Path) -> Path:
    """4,000 systems, 15,000 hosts and 1,000 lines of 200 departments."""
    book = Workbook(write_only=True)
    owners = [f"云州市第{n:03}局" for n in range(200)]
    systems = book.create_sheet("信息系统")
    systems.append(
        ["序号", "系统名称", "所属单位", "主要功能", "是否涉密", "等保级别", "建设资金(万元)",
         "年运维经费", "审批时间", "CPU(核)", "内存(GB)", "存储", "所在网络", "部署机房",
         "是否面向公众", "是否接入共享平台", "依赖系统"]
    )  # fmt: skip
    for n in range(4_000):
        systems.append(
            [n + 1, f"业务系统{n:05}", owners[n % 200], "业务办理与数据汇聚", "否", "三级",
             "486万", "约12.8万元", "2016年6月1日", "32核", 64, "10TB", "政务外网",
             f"机房{n % 200:03}", "√", "未接入", f"业务系统{(n + 7) % 4_000:05}"]
        )  # fmt: skip
    hosts = book.create_sheet("服务器")
    hosts.append(
        ["序号", "设备名称", "资产编号", "所在机房", "所属系统", "IPv4地址", "IPv6地址", "CPU架构",
         "操作系统", "购置时间"]
    )  # fmt: skip
    for n in range(15_000):
        hosts.append(
            [n + 1, f"yz-srv-{n:05}", f"GDZC{n:08}", f"机房{n % 200:03}", f"业务系统{n % 4_000:05}",
             f"10.{n // 62_500}.{n // 250 % 250}.{n % 250 + 1}", f"2408:8000:{n:x}::1", "鲲鹏920",
             "银河麒麟 V10", f"20{n % 10 + 10}/0{n % 9 + 1}/15"]
        )  # fmt: skip
    lines = book.create_sheet("线路")
    lines.append(
        ["序号", "线路编号", "运营商", "线路类型", "使用单位", "A端", "Z端", "带宽", "年租费(元)",
         "合同到期日", "是否自行租用"]
    )  # fmt: skip
    for n in range(1_000):
        lines.append(
            [n + 1, f"YZ-{n:05}", "电信", "业务专网", owners[n % 200], f"机房{n % 200:03}",
             "政务云", "100M", "24,000", "2027-12-31", "否"]
        )  # fmt: skip
    book.save(path)
    return path


def _systems(path: Path) -> Path:
    """20,000 systems of 200 departments; most cells stand in few other rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("信息系统")
    sheet.append(
        ["序号", "系统名称", "所属单位", "主要功能", "是否涉密", "等保级别", "建设资金(万元)",
         "年运维经费", "审批时间", "CPU(核)", "内存(GB)", "存储", "所在网络", "部署机房", "依赖系统"]
    )  # fmt: skip
    for n in range(ROWS):
        sheet.append(
            [n + 1, f"业务系统{n:05}", f"云州市第{n % 200:03}局", f"业务办理{n}与数据汇聚", "否",
             "三级", f"{n % 977 + 1}.{n % 10}万", f"约{n % 97}.8万元",
             f"{2005 + n % 19}年{n % 12 + 1}月{n % 28 + 1}日", f"{n % 64 + 1}核", n % 256 + 1,
             f"{n % 40 + 1}TB", "政务外网", f"机房{n % 200:03}", f"业务系统{(n + 7) % ROWS:05}"]
        )  # fmt: skip
    book.save(path)
    return path


def _fields() -> dict[str, object]:
    expected = json.loads((YUNZHOU / "expected.json").read_text(encoding="utf-8"))
    files = sorted(p for p in YUNZHOU.iterdir() if p.suffix in {".xlsx", ".csv"})
    report = read_ledgers(files).as_json()
    right = total = 0
    for kind, key in KINDS.items():
        told: dict[str, dict[str, Any]] = {o[key]: o for o in report["objects"][kind]}
        for wanted in expected[kind]:
            found = told.get(wanted[key], {})
            total += len(wanted)
            right += sum(name in found and found[name] == v for name, v in wanted.items())
    place = ("sheet", "row", "column", "raw", "code")
    faults = {tuple(p[k] for k in place) for p in report["problems"]}
    known = {tuple(p[k] for k in place) for p in expected["rejected"]}
    share = 100 * right / total
    return {
        "name": "census.fields",
        "value": round(share, 2),
        "unit": f"% of {total} fields of the ledgers of 云州 right; faults found "
        f"{len(faults & known)} of {len(known)}, false {len(faults - known)}",
        "bar": "100, and every fault",
        "ok": right == total and faults == known,
    }
