"""The quick answer for addresses that are plainly fine is the careful one's."""

from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from probes.literal import _address_fault, _plainly_fine
from probes.model import Target

ADDRESSES = st.one_of(
    st.integers(0, 2**32 - 1).map(lambda n: str(IPv4Address(n))),
    st.integers(0, 2**128 - 1).map(lambda n: str(IPv6Address(n))),
    st.integers(0, 2**32 - 1).map(lambda n: f"::ffff:{IPv4Address(n)}"),
    st.integers(0, 2**64 - 1).map(lambda n: f"{IPv6Address((0xFE80 << 112) | n)}%lo"),
    st.sampled_from(
        ["", "::", "0.0.0.0", "255.255.255.255", "224.0.0.1", "ff02::1", "1.2.3", "01.2.3.4"]
    ),
    st.text(max_size=20),
)


@given(ADDRESSES, st.sampled_from([4, 6]))
def test_nothing_passes_quickly_that_is_refused_carefully(address: str, family: int) -> None:
    target = Target(code="x", check="icmp", family=family, address=address)  # type: ignore[arg-type]
    if _plainly_fine(target):
        assert _address_fault(target) is None
