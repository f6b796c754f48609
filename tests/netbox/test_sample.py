"""`make netbox` brings the sample city along."""

from pathlib import Path

import pytest

from tests.netbox.sample import load_sample
from tests.netbox.server import NetBox


@pytest.mark.slow
def test_the_sample_city_is_loaded_once(netbox: NetBox, tmp_path: Path) -> None:
    admin = tmp_path / "admin"
    admin.touch(0o600)
    admin.write_text(netbox.token)
    told: list[str] = []
    sample = load_sample(netbox.url, admin, tmp_path / "city", lambda _, en: told.append(en))
    assert told[-1] == "loading the sample city"
    assert sample.token.stat().st_mode & 0o777 == 0o600
    names = "print(Device.objects.count(), VirtualMachine.objects.count(), Circuit.objects.count())"
    models = "from dcim.models import Device\nfrom virtualization.models import VirtualMachine\n"
    count = f"{models}from circuits.models import Circuit\n{names}"
    before = netbox.shell(count)
    assert "0" not in before.split()
    told.clear()
    assert (
        load_sample(netbox.url, admin, tmp_path / "city", lambda _, en: told.append(en)) == sample
    )
    assert not told
    assert netbox.shell(count) == before
