"""The portal once more, served by Apache with TLS and by Tomcat. Needs `tools/setup roles`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.lab import layers, shell
from tests.lab.addresses import GATEWAY, PORTAL, SystemFact
from tests.lab.lab import Lab
from tests.lab.workloads import BUILDERS, portal

NAME = "portal.lj.example"
APACHE_CONF = f"""\
Listen 8080
Listen 8443
ServerName {NAME}
AddDefaultCharset utf-8
<Directory /srv/portal/html>
    Require all granted
</Directory>
<VirtualHost *:8080>
    DocumentRoot /srv/portal/html
</VirtualHost>
<VirtualHost *:8443>
    DocumentRoot /srv/portal/html
    SSLEngine on
    SSLCertificateFile /srv/portal/tls/portal.crt
    SSLCertificateKeyFile /srv/portal/tls/portal.key
</VirtualHost>
"""
SERVER_XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1" shutdown="none">
  <Service name="Catalina">
    <Connector port="8080" protocol="HTTP/1.1" address="::" />
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="none" autoDeploy="false" deployOnStartup="false">
        <Context path="" docBase="/srv/portal/html" />
      </Host>
    </Engine>
  </Service>
</Server>
"""
WEB_XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
  <servlet>
    <servlet-name>default</servlet-name>
    <servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>
    <init-param><param-name>fileEncoding</param-name><param-value>UTF-8</param-value></init-param>
    <load-on-startup>1</load-on-startup>
  </servlet>
  <servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
  <mime-mapping><extension>html</extension><mime-type>text/html</mime-type></mime-mapping>
  <welcome-file-list><welcome-file>index.html</welcome-file></welcome-file-list>
</web-app>
"""


@dataclass(frozen=True)
class Server:
    system: SystemFact
    program: str  # without which the machine has no such server
    both: Callable[[Path], None]  # what source and target have before a move
    source: Callable[[Path], None]


def _apache(layer: Path) -> None:
    layers.write(
        layer, "/etc/apache2/conf-enabled/systems.conf", "IncludeOptional /srv/*/conf/apache.conf\n"
    )
    for name in ("ssl.load", "ssl.conf", "socache_shmcb.load"):
        link = layers.folders(layer, "/etc/apache2/mods-enabled") / name
        link.symlink_to(f"../mods-available/{name}")
    layers.folders(layer, "/var/log/apache2")


def _apache_site(layer: Path) -> None:
    layers.write(layer, "/srv/portal/conf/apache.conf", APACHE_CONF)
    key = layers.folders(layer, "/srv/portal/tls") / "portal.key"
    shell.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "30", "-subj", f"/CN={NAME}", "-keyout", str(key),
            "-out", str(key.with_suffix(".crt")),
        ]
    )  # fmt: skip
    key.chmod(0o600)


def _tomcat(layer: Path) -> None:
    layers.write(layer, "/etc/init.d/lj-tomcat", (layers.FILES / "lj-tomcat").read_text(), 0o755)


def _tomcat_site(layer: Path) -> None:
    layers.write(layer, "/srv/portal/tomcat/server.xml", SERVER_XML)
    layers.write(layer, "/srv/portal/tomcat/web.xml", WEB_XML)


APACHE = Server(replace(PORTAL, services=("apache2",)), "apache2", _apache, _apache_site)
TOMCAT = Server(
    replace(PORTAL, services=("lj-tomcat",)),
    "/usr/share/tomcat10/bin/catalina.sh",
    _tomcat,
    _tomcat_site,
)


def lab(folder: Path, server: Server) -> Lab:
    """Source, target and gateway; the source serves. End it with `with`."""

    def source(layer: Path) -> None:
        portal(layer)
        (layer / "etc/rc2.d/S02nginx").unlink()
        server.both(layer)
        server.source(layer)
        layers.enable(layer, server.system.services[0], 2)

    builders = {
        PORTAL.source: source,
        PORTAL.target: server.both,
        GATEWAY.name: BUILDERS[GATEWAY.name],
    }
    return Lab.up(folder, tuple(builders), builders)
