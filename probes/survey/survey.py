"""One entrance or node surveyed: what checks 1, 2, 6, 7 and 11 then rest on.

From a machine with both families: 1 and 2 (where the entrance has a name), 6 and 7. From one with
IPv6 alone: 11, and nothing else, since there is nothing to compare with.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from probes.answers import Found, Nameless
from probes.model import Target
from probes.names import Resolver
from probes.readiness.evidence import Seen, Verdict, both, joined
from probes.survey.alone import ipv6_alone
from probes.survey.names import Judged, has_address, name_servers
from probes.survey.page import is_address
from probes.survey.site import Bounds, Site, Walk
from probes.table import probe
from probes.watch.history import date_of

MOST_NAMES = 50  # other sites whose names are resolved
DEADLINE = 5.0


@dataclass(frozen=True)
class Surveyor:
    """`resolver`: whom names are asked of; `dns_port` of the name servers that are asked."""

    resolver: Resolver
    bounds: Bounds = field(default_factory=Bounds)
    dns_port: int = 53

    async def entrance(self, targets: Iterable[Target]) -> list[Seen]:
        """`targets`: the entrance's http looks, one a family."""
        mine = {target.family: target for target in targets}
        code, name = next((t.code, t.name) for t in mine.values())
        if ipv6_alone():
            return [self._seen(code, 11, await self._alone(mine.get(6)))]
        site = await Walk(mine.values(), self.bounds).site()
        dark, unknown = await self._skylights(site.hosts)
        seen = [
            replace(self._seen(code, 6, _same(site)), similar=site.similar),
            replace(
                self._seen(code, 7, _linked(site, unknown)),
                second=site.second.share,
                third=site.third.share,
                skylights=dark,
            ),
        ]
        if name:
            seen.append(self._seen(code, 1, await has_address(name, self.resolver)))
            told = await name_servers(name, self.resolver, self.dns_port)
            seen.append(self._seen(code, 2, told))
        else:
            told = Judged(Verdict.UNKNOWN, "入口未登记域名 / no name of the entrance is on record")
            seen.append(self._seen(code, 2, told))
        return seen

    async def node(self, code: str, targets: Iterable[Target]) -> list[Seen]:
        """From a machine with IPv6 alone: echo or every declared port; from others nothing."""
        if not ipv6_alone():
            return []
        mine = [target for target in targets if target.family == 6]
        results = await asyncio.gather(*(probe(target, DEADLINE) for target in mine))
        ports = [r for r in results if r.target.check != "icmp"] or list(results)
        bad = [f"{r.target.check}/{r.target.port} {r.failure}" for r in ports if not r.ok]
        verdict = Verdict.PASSED if ports and not bad else Verdict.FAILED
        return [self._seen(code, 11, Judged(verdict, "; ".join(bad) or "IPv6"))]

    def _seen(self, code: str, number: int, judged: Judged) -> Seen:
        now = time.time_ns()
        return Seen(code, number, date_of(now), now, judged.verdict, judged.verdict, judged.told)

    async def _alone(self, target: Target | None) -> Judged:
        if target is None:
            return Judged(Verdict.FAILED, "没有 IPv6 地址 / no IPv6 address")
        if target.name:  # by its name, as a client would: the address on record proves nothing here
            found = await self.resolver.addresses(target.name, 6, DEADLINE)
            if not isinstance(found, Found):
                return Judged(Verdict.FAILED, f"{target.name}: {found.told}")
            target = replace(target, address=found.addresses[0])
        site = await Walk([target], self.bounds).site()
        first = site.first[0]
        if not first.ok:
            return Judged(Verdict.FAILED, f"{first.failure}")
        lost = [p for level in (site.things, site.second, site.third) for p in level.lost]
        dark, unknown = await self._skylights(site.hosts)
        if lost or dark:
            return Judged(Verdict.FAILED, both("缺: ", "missing: ", ", ".join([*lost, *dark][:5])))
        if unknown:
            return Judged(
                Verdict.UNKNOWN, both("查不到: ", "can't be told: ", ", ".join(unknown[:5]))
            )
        return Judged(Verdict.PASSED, "首页、内链、外部资源 / page, links and things of others")

    async def _skylights(self, hosts: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Of other sites: those with IPv4 alone, and those of which nobody tells."""
        dark, unknown = [], []
        for number, host in enumerate(hosts):
            family = is_address(host)
            if family == 4:
                dark.append(host)
            elif family == 0 and number < MOST_NAMES:
                found = await self.resolver.addresses(host, 6, DEADLINE)
                if isinstance(found, Nameless):
                    dark.append(host)
                elif not isinstance(found, Found):
                    unknown.append(host)
        return tuple(dark), tuple(unknown)


def _same(site: Site) -> Judged:
    bad = [f"IPv{r.target.family} {r.failure}" for r in site.first if not r.ok]
    likeness = "" if site.similar is None else both("相似度 ", "likeness ", f"{site.similar:.0%}")
    verdict = Verdict.FAILED if bad else Verdict.PASSED
    if not bad and len(site.first) < 2:
        verdict = Verdict.UNKNOWN
    return Judged(verdict, joined("; ".join(bad), "; " if bad and likeness else "", likeness))


def _linked(site: Site, unknown: Iterable[str]) -> Judged:
    shown = ", ".join(
        f"{name} {level.over_v6}/{level.over_v4}"
        for name, level in (
            ("资源/things", site.things),
            ("二级/second", site.second),
            ("三级/third", site.third),
        )
    )
    lost = [*site.things.lost, *site.second.lost, *site.third.lost]
    told = joined(shown, both("; 缺 ", "; missing ", ", ".join(lost[:5])) if lost else "")
    if site.cut:
        told = joined(told, both("; 只查了一部分", "; bounded, not all was looked at"))
    if names := list(unknown):
        told = joined(told, both("; 查不到 ", "; names nobody tells: ", ", ".join(names[:5])))
    broken = any(not result.ok for result in site.first) or site.things.lost
    return Judged(Verdict.FAILED if broken else Verdict.PASSED, told)
