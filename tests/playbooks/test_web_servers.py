"""A site under Apache, with its certificate, and under Tomcat: over, back, over, for good."""

import shutil
from pathlib import Path

import pytest

from tests.lab import web_servers
from tests.lab.addresses import GATEWAY
from tests.lab.host import Host
from tests.lab.measure import outside_client, read, summarise
from tests.playbooks.ansible import Mover
from tests.playbooks.test_whole_way import roles

SERVERS = (web_servers.APACHE, web_servers.TOMCAT)


def fingerprint(host: Host) -> str:
    """Of the certificate that the host shows on 8443."""
    asked = "openssl s_client -connect [::1]:8443 </dev/null 2>/dev/null | openssl x509 -noout -fingerprint"
    return host.run(["sh", "-c", asked]).stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.system.services[0])
def test_a_site_over_back_and_for_good(tmp_path: Path, server: web_servers.Server) -> None:
    if not shutil.which(server.program):
        pytest.skip("tools/setup roles")
    with web_servers.lab(tmp_path / "lab", server) as lab:
        mover = Mover(lab, server.system, tmp_path)
        source, target = (lab.hosts[n] for n in (mover.system.source, mover.system.target))
        hosts = (source, target, lab.hosts[GATEWAY.name])
        before = [_still(host) for host in hosts]
        played = mover.play("preflight backup presync cutover rollback commit", "--check")
        assert played.code == 0, played.output
        assert [_still(host) for host in hosts] == before
        out = tmp_path / "client"
        with outside_client(lab, out, (mover.system,)):
            mover.done("preflight", "presync", "presync", "rehearse")
            mover.attempt("rollback")
            assert roles(mover) == {source.name: "active", target.name: ""}
            mover.done("presync", "cutover")
            again = mover.done("cutover").of(target.name)
            assert again["attached"] is True
            if server is web_servers.APACHE:
                shown = fingerprint(target)
                key = target.root("/srv/portal/tls/portal.key").stat()
                assert shown == fingerprint(source) != ""
                assert (key.st_mode & 0o777, key.st_uid) == (0o600, 0)
            mover.done("commit")
        told = summarise(read(out))
        assert [one.first_errors for one in told if one.errors] == []
        assert roles(mover) == {source.name: "yielded", target.name: "active"}


def _still(host: Host) -> dict[str, str]:
    return {path: told for path, told in host.tree().items() if "var/log" not in path}
