"""What is done with a virtual address on one of its two hosts; each may be repeated.

To move it: `ready` on the side that has it, `meet` on both, `take` on the other, `release` on the
first, `settle` on the other. The new side rises above the old one, so it has the address before the old
one lets go, and VRRP itself makes the old one step back; only then is the old one barred.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Set

from . import services, vip_host, vip_keepalived
from . import vip_refusals as refusals
from .errors import AgentError
from .files import STATE, locked
from .vip import BARRED, HOLDS, TAKES, Addresses, Vip
from .vip_wire import Interface, announce, meet, who_has

TAKE_SECONDS = 10.0  # master-down is below 4 s; a host under load is given time
GIVE_SECONDS = 1.0  # in which the old side has to be heard no more
START_SECONDS = 15.0
MEET_SECONDS = 10.0  # the other host may begin later than this one
WORDS = {None: "", BARRED: "barred", HOLDS: "holds", TAKES: "takes"}


@dataclass(frozen=True)
class Answer:
    """`wrong`: all that was found at once, and the module fails with it."""

    changed: bool
    told: Dict[str, Any]
    wrong: List[str]


class Here:
    """One side of a virtual address, on the host itself. `alone`: the other host is out of reach."""

    def __init__(self, vip: Vip, side: str, check: bool, alone: bool = False) -> None:
        self.vip, self.side, self.check, self.alone = vip, side, check, alone

    def told(self, outcome: str, **more: Any) -> Dict[str, Any]:
        number = vip_keepalived.priority(self.vip)
        return {
            "name": self.vip.name,
            "outcome": outcome,
            "holding": sorted(vip_host.holding(self.vip)),
            "priority": WORDS.get(number, number),
            **more,
        }

    def answer(self, changed: bool, outcome: str, **more: Any) -> Answer:
        return Answer(changed, self.told(outcome, **more), [])

    @property
    def card(self) -> Interface:
        return vip_host.card(self.vip, self.side)

    # -- looking ---------------------------------------------------------------------------------

    def _answers(self, addresses: Addresses) -> Dict[str, Set[str]]:
        """Who else answers for each address, by hardware address; all are asked at once."""
        card, own = self.card, self.vip.own(self.side)
        with ThreadPoolExecutor(len(addresses)) as pool:
            found = pool.map(lambda pair: who_has(card, *pair), zip(own * 2, addresses))  # noqa: B905
            return dict(zip(addresses, found))  # noqa: B905

    def owners(self) -> Dict[str, Set[str]]:
        return self._answers(self.vip.addresses)

    def strangers(self) -> List[str]:
        """What keeps the address from being moved between just these two hosts."""
        theirs = self.vip.peer(self.side)
        found = self._answers(self.vip.addresses + theirs)
        peers: Set[str] = set().union(*(found[one] for one in theirs))
        mine = vip_host.holding(self.vip)
        wrong = []
        for address in self.vip.addresses:
            macs = found[address]
            if macs - peers:
                wrong.append(
                    str(refusals.taken(address, macs - peers, "nobody, or the other host"))
                )
            elif macs and address in mine:
                wrong.append(str(refusals.taken(address, macs, "one holder: this host has it too")))
        return wrong

    def meet(self) -> Answer:
        """Whether it can be moved; changes nothing. Both hosts do this at the same time, and greet each
        other even where something is wrong, so that the other one need not wait in vain.
        """
        wrong = [] if self.alone else self._greeted()
        if not vip_keepalived.installed():
            return Answer(False, {"name": self.vip.name}, [*wrong, str(refusals.missing())])
        wrong += self.strangers() + self._configured()
        if self.side == "target" and vip_keepalived.priority(self.vip) is None and self._has_some():
            first = self.vip.addresses[0]
            wrong.append(str(refusals.taken(first, {self.card.mac}, "not on the target yet")))
        return Answer(False, self.told("looked" if self.alone else "met"), wrong)

    def _greeted(self) -> List[str]:
        """Whether the hosts are of one segment, and VRRP gets there and back."""
        heard = meet(self.vip, self.side, MEET_SECONDS)  # first of all, since the other one waits
        found = self._answers(self.vip.peer(self.side))
        wrong = [str(refusals.apart(one)) for one, macs in found.items() if not macs]
        if not heard:
            wrong.append(str(refusals.unheard(self.vip.peer(self.side)[0])))
        return wrong

    def _configured(self) -> List[str]:
        """Whether keepalived would do it, and nothing else does."""
        found, wrong = vip_keepalived.set_elsewhere(self.vip), []
        if found:
            wrong.append(str(refusals.at_boot(found)))
        if vip_host.hangs_on_stray(self.vip, self.side):
            wrong.append(str(refusals.hangs()))
        if addresses := vip_keepalived.another(self.vip):
            wrong.append(str(refusals.another(self.vip.name, addresses)))
        if same := vip_keepalived.vrid_elsewhere(self.vip):
            wrong.append(str(refusals.same_vrid(self.vip.vrid, same)))
        if not vip_keepalived.includes():
            wrong.append(str(refusals.unread()))
        try:
            vip_keepalived.tried(self.vip, self.side, self.card.name)
        except AgentError as error:
            wrong.append(str(error))
        return wrong

    def _has_some(self) -> bool:
        return bool(vip_host.holding(self.vip))

    # -- preparing and leaving -------------------------------------------------------------------

    def prepare(self) -> Answer:
        """The source holds the address by VRRP from now on, and the target is barred."""
        vip, card = self.vip, self.card
        if self.check:
            done = vip_keepalived.prepared(vip, self.side, card.name) and vip_keepalived.alive()
            return self.answer(not done, "there already" if done else "would be prepared")
        before = vip_keepalived.priority(vip)
        changed = vip_keepalived.install(
            vip, self.side, card.name, HOLDS if self.side == "source" else BARRED
        )
        barred = vip_keepalived.priority(vip) == BARRED
        there = self._none(START_SECONDS) if barred else vip_host.adopt(vip, START_SECONDS)
        if not there:
            if before is None:
                vip_keepalived.remove(vip)
            wanted = [] if barred else list(vip.addresses)
            raise refusals.unmoved(sorted(vip_host.holding(vip)), wanted)
        return self.answer(changed, "prepared" if changed else "there already")

    def _none(self, seconds: float) -> bool:
        return vip_host.awaited(self.vip, set(), seconds)

    def leave(self) -> Answer:
        """A barred side is taken out of it; the one that holds the address keeps it by VRRP."""
        number = vip_keepalived.priority(self.vip)
        if number is None or number != BARRED:
            return self.answer(False, "nothing here" if number is None else "holds it, and stays")
        if not self.check:
            vip_keepalived.remove(self.vip)
        return self.answer(True, "would leave" if self.check else "left")

    # -- moving ----------------------------------------------------------------------------------

    def _prepared(self, running: bool = True) -> None:
        ready = vip_keepalived.prepared(self.vip, self.side, self.card.name)
        if not ready or (running and not vip_keepalived.alive()):
            raise refusals.unready(self.vip.name)

    def ready(self) -> Answer:
        """On the old side: what a move that was cut off left above the usual comes down again, and a
        keepalived that died is started, since without it the address would never be let go.
        """
        if self.check and vip_keepalived.priority(self.vip) is None:
            return self.answer(False, "not prepared yet")
        self._prepared(running=False)
        if vip_keepalived.alive():
            return self._settled(vip_keepalived.priority(self.vip) == TAKES)
        if not self.check:
            vip_keepalived.renew()
            self._settled(vip_keepalived.priority(self.vip) == TAKES)
            if self._has_some():
                vip_host.adopt(self.vip, START_SECONDS)
        return self.answer(True, "started again")

    def _settled(self, high: bool) -> Answer:
        if high and not self.check:
            vip_keepalived.set_priority(self.vip, HOLDS)
        return self.answer(high, "settled" if high else "there already")

    def _served(self) -> None:
        silent = [port for port in self.vip.ports if not services.listening(port)]
        if silent:
            raise refusals.silent(silent, self.vip.ports)

    def take(self) -> Answer:
        """On the new side: rises above the other, has the address, and the other has it no more."""
        vip = self.vip
        if not (self.check and vip_keepalived.priority(vip) is None):
            self._prepared()
        self._served()
        if wrong := self.strangers():
            return Answer(False, self.told("refused"), wrong)
        before = vip_keepalived.priority(vip)
        if vip_host.holds_all(vip):
            return self.answer(False, "there already")
        if self.check:
            return self.answer(True, "would be moved" if before is not None else "not prepared yet")
        started = time.monotonic()
        vip_keepalived.set_priority(vip, TAKES)
        try:
            self._taken()
        except AgentError:
            self._back()
            raise
        return self.answer(True, "moved", seconds=round(time.monotonic() - started, 3))

    def _taken(self) -> None:
        """Raises AgentError unless all addresses have come, and nobody else answers for them."""
        if not vip_host.awaited(self.vip, set(self.vip.addresses), TAKE_SECONDS):
            raise refusals.unmoved(sorted(vip_host.holding(self.vip)), sorted(self.vip.addresses))
        limit = time.monotonic() + GIVE_SECONDS
        while others := {one: macs for one, macs in self.owners().items() if macs}:
            if time.monotonic() > limit:
                address, macs = next(iter(others.items()))
                raise refusals.two_holders(address, macs)

    def _back(self) -> None:
        """The old side never let go, and says nothing: neighbours learn from us that it is there."""
        vip_keepalived.set_priority(self.vip, BARRED)
        vip_host.awaited(self.vip, set(), TAKE_SECONDS)
        card, own = self.card, self.vip.own(self.side)
        for mine, (address, macs) in zip(own, self.owners().items()):  # noqa: B905
            if len(macs) == 1:
                announce(card, mine, address, *macs)

    def release(self) -> Answer:
        """On the old side: barred from now on, over a restart too."""
        vip = self.vip
        if vip_keepalived.priority(vip) in (None, BARRED):
            return self.answer(False, "there already")
        if self.check:
            return self.answer(True, "would be barred")
        if self._has_some() or not all(self.owners().values()):
            raise refusals.kept(sorted(vip_host.holding(vip)), self._elsewhere())
        vip_keepalived.set_priority(vip, BARRED)
        return self.answer(True, "barred")

    def _elsewhere(self) -> Dict[str, List[str]]:
        return {one: sorted(macs) for one, macs in self.owners().items()}

    def settle(self) -> Answer:
        """On the new side, once the old one is barred: room above it for the way back."""
        if self.check:
            return self.answer(False, "looked")
        if not vip_host.holds_all(self.vip):
            raise refusals.unmoved(sorted(vip_host.holding(self.vip)), sorted(self.vip.addresses))
        if self.alone:  # it stays above whatever the other one comes back with
            return self.answer(
                False, "the other host was not barred: play this again once it is back"
            )
        return self._settled(vip_keepalived.priority(self.vip) != HOLDS)


VERBS: Dict[str, Callable[[Here], Answer]] = {
    name: getattr(Here, name)
    for name in ("meet", "prepare", "leave", "ready", "take", "release", "settle")
}
CHANGING = ("prepare", "leave", "ready", "take", "release", "settle")


def act(verb: str, here: Here) -> Answer:
    """One verb, alone on this host where it changes anything. Raises AgentError."""
    if verb not in CHANGING or here.check:
        return VERBS[verb](here)
    with locked(STATE / f"vip-{here.vip.name}.lock", 30, "vip"):
        return VERBS[verb](here)
