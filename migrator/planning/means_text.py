"""A city's means as the text that people write: those of a plan, or a first one to fill in.

What is written here is read again by `migrator.planning.means_file`.
"""

from datetime import date, timedelta
from typing import Any

import tomli_w

from migrator.planning.means import CityMeans

LEAD_DAYS = 7
"""From the day on which somebody plans to the first night of a first text."""

_STARTER = """\
# 全市条件：改成本市的数字。未写的一律不作假定。/ The city's means: put your own figures.
[plan]
from = {first}            # 第一晚 / the first night
nights = 540

[lines]                      # 迁移可占专线带宽的百分之几 / percent of a line for moving
day = 20                     # 白天 / by day
night = 80                   # 夜间 / by night
# network = "100M"           # 无自有专线的机房上云的速率 / for rooms without a line of their own
# [lines.own.专线编号]        # 单条专线另定 / of one line: its code
# rate = "1G"

[crews]                      # 每晚割接数 / cutovers in one night
room = 2                     # 每个机房 / of a room
# total = 8                  # 全市 / of the city
nights = ["mon", "tue", "wed", "thu"]

[nights]
hours = "20:00-08:00"
# window = "22:00-04:00"     # 系统未报窗口时所用；不写则先问部门 / where a system has none; else it is asked
holidays = "closed"          # 节假日及其前夜不割接 / none on and before official holidays

# [[freezes]]                # 封网，两端含当日 / nothing is cut over, both days inclusive
# name = "春节 / Spring Festival"
# from = "01-20"             # 每年此日，或写全日期 / every year, or a whole date
# to = "02-20"

# [[deliveries]]             # 云上新增资源 / what a cloud has more, from a day on
# cloud = "云编号"
# on = {later}
# cores = 512
# memory_gib = 2048
# storage_gib = 40960
"""


def starter(today: date) -> str:
    """A first text: whole as it stands, with what is often wanted beside it as comments."""
    return _STARTER.format(
        first=(today + timedelta(days=LEAD_DAYS)).isoformat(),
        later=(today + timedelta(days=90)).isoformat(),
    )


def text_of(means: CityMeans) -> str:
    """A plan's means, without what is as it would be anyway. Lines that were measured are among them:
    who wants them learned anew takes `[lines.measured]` out."""
    return tomli_w.dumps(_plain(means.model_dump(by_alias=True, exclude_defaults=True)))


def _plain(told: Any) -> Any:
    """TOML has no tuples and no word for nothing."""
    if isinstance(told, dict):
        return {key: _plain(one) for key, one in told.items() if one is not None}
    return [_plain(one) for one in told] if isinstance(told, list | tuple) else told
