import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from inventory.changes import MODELS
from inventory.errors import LedgerError
from inventory.precedence import RULES, Precedence, default_precedence, fields_of, read_precedence


def test_the_shipped_table_speaks_of_every_kind() -> None:
    text = files("inventory").joinpath("precedence.toml").read_text(encoding="utf-8")
    assert set(tomllib.loads(text)) == {"default", *MODELS}


@pytest.mark.parametrize(
    ("kind", "field", "rule"),
    [
        ("hosts", "ipv4", "netbox"),
        ("hosts", "ssh_host_key", "netbox"),
        ("rooms", "racks", "netbox"),
        ("lines", "contract_end", "ledger"),
        ("lines", "rent_per_year", "ledger"),
        ("hosts", "name", "ask"),
        ("links", "zone", "netbox"),  # by the default of its kind
    ],
)
def test_sensible_values(kind: str, field: str, rule: str) -> None:
    assert default_precedence().rule(kind, field) == rule


def test_every_field_of_every_kind_has_a_rule() -> None:
    for kind in MODELS:
        for field in fields_of(kind):
            assert default_precedence().rule(kind, field) in RULES


def test_without_a_table_a_person_is_asked() -> None:
    assert Precedence().rule("hosts", "ipv4") == "ask"


def test_a_city_says_only_what_it_wants_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('default = "netbox"\n[hosts]\nipv4 = "ledger"\ndefault = "ledger"\n', "utf-8")
    table = read_precedence(path)
    assert table.rule("hosts", "ipv4") == "ledger"
    assert table.rule("hosts", "ipv6") == "netbox"  # the shipped line stays
    assert default_precedence().rule("hosts", "ipv4") == "netbox"
    assert table.default == "netbox"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[host]\nname = "ask"\n', "hosts"),
        ('[hosts]\nipv_4 = "ask"\n', "ipv4"),
        ('[hosts]\nplacement = "ask"\n', "place"),
        ('[hosts]\nipv4 = "newest"\n', "netbox、ledger、ask"),
        ("default = 3\n", "netbox, ledger, ask"),
        ('hosts = "ask"\n', r"\[hosts\]"),
        ("[hosts\n", "TOML"),
    ],
)
def test_what_does_not_fit_is_refused_with_near_names(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(LedgerError, match=expected) as caught:
        read_precedence(path)
    assert "own.toml" in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('[hsots]\nname = "ask"\n[rooms]\nrack = "netbx"\n', "utf-8")
    with pytest.raises(LedgerError, match=r"hsots.*racks.*rooms\.rack"):
        read_precedence(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"none\.toml"):
        read_precedence(tmp_path / "none.toml")
