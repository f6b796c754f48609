"""Lines of what a TOML file holds."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from inventory.policies.places import lines_of

TEXT = """\
# remark
a = 1

[b]
c = "x # no remark"
d = [
  { e = 1 },
  { e = 2, f = ["g", "h"] },  # remark
]
"k y".z = '''
two
lines'''
after = 1979-05-27

[[t]]
id = "1"
[[t.u]]
v = 1
[[t.u]]
v = 2
[[t]]
id = "2"
[t.w]
x = 3
"""


def test_lines() -> None:
    found = lines_of(TEXT)
    wanted = {
        ("a",): 2,
        ("b",): 4,
        ("b", "c"): 5,
        ("b", "d"): 6,
        ("b", "d", 0, "e"): 7,
        ("b", "d", 1): 8,
        ("b", "d", 1, "f", 1): 8,
        ("b", "k y", "z"): 10,
        ("b", "after"): 13,
        ("t", 0): 15,
        ("t", 0, "id"): 16,
        ("t", 0, "u", 1, "v"): 20,
        ("t", 1, "id"): 22,
        ("t", 1, "w", "x"): 24,
    }
    assert {place: found.get(place) for place in wanted} == wanted


@given(st.lists(st.text(alphabet='ab#"[]{},=\\\n ', max_size=6), min_size=1, max_size=5))
def test_whatever_stands_in_strings(values: list[str]) -> None:
    quoted = [
        '"' + v.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"' for v in values
    ]
    text = "".join(f"k{n} = {q}\n\n" for n, q in enumerate(quoted)) + f"l = [{','.join(quoted)}]\n"
    assert tomllib.loads(text)["l"] == values
    found = lines_of(text)
    assert [found[(f"k{n}",)] for n in range(len(values))] == [
        2 * n + 1 for n in range(len(values))
    ]
    assert found[("l", len(values) - 1)] == 2 * len(values) + 1
