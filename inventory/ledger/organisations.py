"""One organisation, several spellings: 云州市人力资源和社会保障局, 云州市人社局, 市人社局. Pure.

A spelling means, in this order: what a table of organisations (or the estate so far) says; a full
name in the ledgers with the same words; the one full name that it is short for (人社局 has the
letters of 人力资源和社会保障局 in their order); what it is short for in most cities.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from inventory.ledger.words import Words, squeeze
from inventory.model import Estate

# 市场监管局 begins with no city, 城市管理局 with none called 城; 市 alone is the city at hand
_PLACE = re.compile(
    r"(?!(?:城|都|园|社|校|景|灾|地|自治|开发|行政|水|山|林|湖|库|牧|示范|管理|旅游|工业|保税|新|高新|经开)[市区县])"
    r"(?:[^市县区旗\W\da-z_]{1,8}?(?:自治[县州旗]|地区|[市县区旗盟]))"
    r"(?=[\u4e00-\u9fff]{2})"
)
_HERE = re.compile(
    r"(?:本|我)?市(?!场监|场局|监局|管局|政工程|政管|政公用|政园林|政设施|容|域|民中心|民服务)"
)
_ABOVE = "国家税务总局"  # which stands before the names of its bureaux in the cities
_YOUTH = re.compile(r"(?:共青团(?P<place>.*?[市县区旗州盟])?|团(?P<short>[市县区旗])?)委(?:员会)?")
_UNDER = ("县", "区", "旗", "盟", "州")
_CITIES = ("市", "盟", "州", "地区")  # what stands at a city's level (地级行政区)
_PARTY = "中共"  # which may be left out before 市委宣传部
_VILLAGES = re.compile(r"(?:([^街道]{1,6}[镇乡])(?:人民)?(?:政府)?|(.{1,6}街道)(?:办|办事处)?)")
# 望岳区 in a title; 各区, 市辖区 and 高新区管委会 are no county by their letters alone
_COUNTY = re.compile(
    r"(?:[\u4e00-\u9fff]{1,6}?市)?([^\W\da-z_各全本我县区市级直属及所辖管乡镇附件表]{2,4}[区县旗])(?!域|划|[县区]|级)"
)
_END = {"委": "委员会", "办": "办公室"}
_VAGUE = ("管理局", "服务局", "办公室", "委员会", "管委会")
_BETWEEN = re.compile("[和与及、]|管理|事务")
MAX_SHORT = 6  # characters of what may be short for something


@dataclass(frozen=True, slots=True)
class _Parts:
    """`place`: "" is the city; `body`: what stands behind the place."""

    place: str
    body: str
    written: str


class Organisations:
    """What spellings mean. `fixed`: spelling → full name, of tables and of the estate; `told`: all
    that rows write; `said`: titles and names of files, for the name of the city; `either`: squeezed,
    what a table gives to several, and which so means none."""

    def __init__(
        self,
        fixed: Mapping[str, str],
        told: Iterable[str],
        said: Iterable[str],
        words: Words,
        either: Container[str] = (),
    ) -> None:
        self._words, self._either = words, either
        told = sorted({name for name in told if name})
        self.city = _city([*fixed.values(), *told], said)
        self._fixed = {squeeze(spelling): full for spelling, full in fixed.items()}
        self._by_body: dict[tuple[str, str], str] = {}
        self._bodies: dict[str, list[str]] = defaultdict(list)  # place → full bodies told in it
        for full in dict.fromkeys(fixed.values()):
            self._learn(full, full)
        for name in sorted(told, key=self._order):
            parts = self._parts(name)
            if squeeze(name) not in self._fixed and not self._short(parts):
                self._learn(name, self._whole(name))
        self._known: dict[str, str] = {}

    @classmethod
    def of(cls, estate: Estate, words: Words) -> "Organisations":
        """What spellings mean to an estate alone."""
        fixed = {s: o.name for o in estate.organisations for s in (o.code, o.name, *o.aliases)}
        return cls(fixed, (), (), words)

    def full(self, written: str) -> str:
        """The full name of the organisation that `written` means; itself when nobody knows it."""
        found = self._known.get(written)
        if found is None:
            either = squeeze(written) in self._either
            found = self._known[written] = written if either else self._find(written)
        return found

    def is_one(self, written: str) -> bool:
        """Whether a name is by its form one of a department: 清河县人民政府, 市气象局."""
        body = self._parts(self.full(written)).body
        return body in self._words.bureaux.names or body in self._words.bureaux.full

    def _find(self, written: str) -> str:
        if (found := self._fixed.get(squeeze(written))) is not None:
            return found
        parts = self._parts(written)
        if parts.body.endswith(("人民政府", "街道办事处")) and not parts.place:
            # 柳树镇政府 is that of 云台县, where no other county has a 柳树镇
            told = {full for (_, body), full in self._by_body.items() if body == parts.body}
            if len(told) == 1 and parts.body != "人民政府":
                return told.pop()
        usual = self._words.bureaux.full.get(parts.body, parts.body)
        keys = [(parts.place, parts.body), (parts.place, usual)]
        if parts.body[-1:] in _UNDER:  # 青山区 as an owner is its government
            keys.insert(0, ("" if parts.body == self.city else parts.body, "人民政府"))
        for key in keys:
            if (found := self._by_body.get(key)) is not None:
                return found
        fits = self._fits(parts) or self._alike(parts)
        if not fits and self._doubtful(parts):
            fits = self._longer(parts)
        if len(fits) == 1:
            return self._by_body[parts.place, fits[0]]
        long = self._words.bureaux.full.get(parts.body)
        if long is not None and parts.body not in self._words.bureaux.variants:
            return self._named(parts.place, long, parts.written)
        return self._whole(written)

    def _order(self, name: str) -> tuple[bool, bool, int, str]:
        """Names with their city, then what most cities call a department before what some do, then
        the longest."""
        parts = self._parts(name)
        variant = parts.body in self._words.bureaux.variants
        return variant, not _told_whole(parts), -len(name), name

    def _learn(self, name: str, full: str) -> None:
        parts = self._parts(name)
        usual = self._words.bureaux.full.get(parts.body, "")
        if parts.body in self._words.bureaux.variants and (parts.place, usual) in self._by_body:
            return  # 国土局 where there is an 自然资源和规划局
        if (parts.place, parts.body) not in self._by_body:
            self._bodies[parts.place].append(parts.body)
            self._by_body[parts.place, parts.body] = full
        other = self._words.bureaux.full.get(parts.body)
        if other is not None:  # 自然资源局 is what others call 自然资源和规划局
            self._by_body.setdefault((parts.place, other), full)

    def _short(self, parts: _Parts) -> bool:
        """Whether a name is a short one, that nobody would have on its seal."""
        bureaux = self._words.bureaux
        if self._doubtful(parts):
            # 市行政审批局, where 云州市行政审批服务局 is told and 云州市行政审批局 never
            return len(self._longer(parts)) == 1
        if parts.body in bureaux.full:
            return parts.body not in bureaux.variants
        if not _told_whole(parts) and len(self._alike(parts)) == 1:
            return True
        return len(parts.body) < 5 and len(self._fits(parts)) == 1

    def _fits(self, parts: _Parts) -> list[str]:
        """The full names told in the same place that a name may be short for."""
        if self._formal(parts.body):
            return []
        fits = [body for body in self._bodies[parts.place] if _short_for(parts.body, body)]
        return [body for body in fits if body[0] == parts.body[0]] or fits

    def _under(self, name: str) -> bool:
        return len(name) > 3 or name[1:] in self._words.bureaux.full

    def _doubtful(self, parts: _Parts) -> bool:
        """Whether a name that some seals bear may be short for another here: 大数据局 always, and
        行政审批局 where it stands without its city."""
        bureaux = self._words.bureaux
        return parts.body in bureaux.variants or (
            parts.body in bureaux.names and not _told_whole(parts)
        )

    def _longer(self, parts: _Parts) -> list[str]:
        """The names told in the same place that have a formal one's letters, and begin as it."""
        fits = [body for body in self._bodies[parts.place] if _short_for(parts.body, body)]
        return [body for body in fits if body.startswith(parts.body[:2])]

    def _alike(self, parts: _Parts) -> list[str]:
        """The names told in the same place that differ in words which people leave out: 行政审批政务
        信息局 and 行政审批和政务信息管理局."""
        bare = _BETWEEN.sub("", parts.body)
        known = parts.body in self._words.bureaux.names
        told = self._bodies[parts.place]
        return [] if known else [body for body in told if _BETWEEN.sub("", body) == bare]

    def _formal(self, body: str) -> bool:
        return body in self._words.bureaux.names or len(body) > MAX_SHORT

    def _whole(self, written: str) -> str:
        """The name with the city before it, where 市 alone stood or nothing did."""
        parts = self._parts(written)
        bureaux = self._words.bureaux
        known = parts.body in bureaux.names or parts.body in bureaux.variants
        if squeeze(written).startswith(_ABOVE) or parts.body == "共青团委员会":
            return written
        if squeeze(written).startswith(_PARTY):
            return _PARTY + self._named(parts.place, parts.body, written.removeprefix(_PARTY))
        here = not parts.place and (known or _HERE.match(squeeze(written)))
        if _VILLAGES.fullmatch(squeeze(written)) and not _PLACE.match(squeeze(written)):
            return parts.body  # 柳树镇政府, of which nobody says where it is
        return self._named("", parts.body, written) if here else written

    def _named(self, place: str, body: str, written: str) -> str:
        if place:
            return place + body
        return self.city + body if self.city else (body if body != squeeze(written) else written)

    def _parts(self, written: str) -> _Parts:
        name = squeeze(written)
        if match := _YOUTH.fullmatch(name):
            own = match["place"] or (match["short"] if match["short"] != "市" else "") or ""
            return _Parts("" if own == self.city else own, "共青团委员会", written)
        name = name.removeprefix(_ABOVE).removeprefix(_PARTY) or name
        place = ""
        while match := _PLACE.match(name):
            place, name = match[0], name[match.end() :]
        if not place and (match := _HERE.match(name)) and len(name) > match.end() + 1:
            name = name[match.end() :]
        elif not place and name[:1] in _UNDER and self._under(name):
            # 县 alone is the county at hand in a county's ledgers, 盟 the league in a league's
            place, name = "" if self.city.endswith(name[0]) else name[0], name[1:]
        return _Parts("" if place == self.city else place, _village(name), written)


def _told_whole(parts: _Parts) -> bool:
    """Whether a name is written with its city or county, as on a seal."""
    return _PLACE.match(squeeze(parts.written).removeprefix(_PARTY)) is not None


def _village(body: str) -> str:
    """柳树镇, 柳树镇政府 → 柳树镇人民政府; 城东街道, 城东街道办 → 城东街道办事处."""
    found = _VILLAGES.fullmatch(body)
    if not found:
        return body
    return f"{found[1]}人民政府" if found[1] else f"{found[2]}办事处"


def county_of(texts: Iterable[str]) -> str:
    """The one county that the first text to name any names: 望岳区."""
    for text in texts:
        found = set(_COUNTY.findall(squeeze(text)))
        if found:
            return found.pop() if len(found) == 1 else ""
    return ""


def in_county(written: str, county: str) -> str:
    """区教育局, 本区教育局 or 我区教育局 in a sheet of 望岳区 → 望岳区教育局."""
    own = re.match(r"[本我]?(?:区|县|旗)(?=[\u4e00-\u9fff]{2})", written)
    if not county or own is None or own[0][-1] != county[-1]:
        return written
    return county + written[own.end() :]


def _city(names: Iterable[str], said: Iterable[str]) -> str:
    """The city that most names begin with: 云州市; where none is named, or hardly, the county that
    nearly all name: the ledgers are a county's."""
    for texts in (names, said):
        bare = (squeeze(text).removeprefix(_PARTY) for text in texts)
        places = Counter(match[0] for text in bare if (match := _PLACE.match(text)))
        cities = Counter({p: n for p, n in places.items() if p.endswith(_CITIES)})
        counties = places - cities
        city, often = next(iter(cities.most_common(1)), ("", 0))
        county, most = next(iter(counties.most_common(1)), ("", 0))
        own = 3 * most >= 2 * counties.total()
        if county and own and most > 3 * often:
            return county
        if city:
            return city
    return ""


def _short_for(short: str, full: str) -> bool:
    """Whether the letters of `short` stand in `full` in their order, the last at its end."""
    if not 3 <= len(short) < len(full) or len(short) > MAX_SHORT or short in _VAGUE:
        return False
    if not full.endswith(_END.get(short[-1], short[-1])):
        return False
    rest = iter(full)
    return all(letter in rest for letter in short)
