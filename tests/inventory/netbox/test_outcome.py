"""What is said of a write that did not come through whole."""

from inventory.errors import NetBoxRefused
from inventory.model import Provenance
from inventory.netbox.differences import Origin
from inventory.netbox.outcome import refused
from inventory.netbox.sending import Fault


def fault(number: int, reason: str) -> Fault:
    told = Provenance(field="name", source="台账.xlsx", sheet="服务器", row=number, raw="甲")
    return Fault("dcim/devices/", f"H-{number}", Origin("hosts", f"H-{number}", (told,)), reason)


def test_rows_of_one_reason_are_told_together() -> None:
    faults = [fault(n, "所引用的 R-1 未写入 / refers to R-1") for n in range(2, 202)]
    error = refused([*faults, fault(300, "name: too long")], 500)
    assert isinstance(error, NetBoxRefused)
    _, many, one = str(error).splitlines()
    assert many.count("refers to R-1") == 1
    assert "200 行 / rows" in many
    assert "hosts H-2（台账.xlsx 服务器 第 2 行" in many
    assert "hosts H-6（" in many
    assert "H-7" not in many
    assert "hosts H-300（台账.xlsx 服务器 第 300 行" in one
    assert len(error.rows) == 201
