"""Reasons are told in both languages at once, "中文 / English"; this puts several into one that reads
as one in either."""


def together(*told: str) -> str:
    """Chinese halves joined, then English ones. What has no two halves counts for both."""
    halves = [_halves(one) for one in told if one]
    return f"{'；'.join(zh for zh, _ in halves)} / {'; '.join(en for _, en in halves)}"


def labelled(label: str, told: str) -> str:
    """A label of both languages before a reason of both."""
    (zh, en), (zh_told, en_told) = _halves(label), _halves(told)
    return f"{zh}：{zh_told} / {en}: {en_told}"


def _halves(told: str) -> tuple[str, str]:
    """What either half quotes stands in both, so the " / " between them is the middle one."""
    parts = told.split(" / ")
    middle, odd = divmod(len(parts), 2)
    return (told, told) if odd else (" / ".join(parts[:middle]), " / ".join(parts[middle:]))
