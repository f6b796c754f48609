"""What hosts of several kinds say, section by section: shapes of real output, made-up values.

Each is written after the manual of the program and version that is named with it.
"""

from probes.census.script import sections

BOUNDARY = "0123456789abcdef0123456789abcdef"


def raw(power: str = "", **parts: dict[str, str]) -> str:
    """The framed answer of a host: `parts` by section; a section that is not named said nothing."""
    told = f"\n{BOUNDARY} power {power}\n"
    for section in sections():
        told += f"\n{BOUNDARY} begin {section.name}\n"
        for name, text in parts.get(section.name, {}).items():
            if name.startswith("lack "):
                told += f"\n{BOUNDARY} {name}\n"
            else:
                told += (f"\n{BOUNDARY} part {name}\n" if name else "") + text
        told += f"\n{BOUNDARY} end {section.name}\n"
    return told + f"\n{BOUNDARY} done\n"


UNAME_EL6 = "db-01.example.gov\nLinux\n2.6.32-754.el6.x86_64\nx86_64\n"
EL6 = {
    "os": {"uname": UNAME_EL6, "/etc/redhat-release": "CentOS release 6.10 (Final)\n"},
    "machine": {
        "stat": "cpu  1000 0 500 98000 500 0 0 0 0\ncpu0 500 0 250 49000 250 0 0 0 0\n"
        "cpu1 500 0 250 49000 250 0 0 0 0\n",
        "meminfo": "MemTotal:       16333224 kB\nMemFree:         1000000 kB\n"
        "Buffers:          200000 kB\nCached:          4000000 kB\nSwapTotal:       8388604 kB\n",
        "load": "0.00 0.01 0.05 1/200 12345\n8640000.12 17000000.00\n",
        "model": "HP\nProLiant DL380 G7\n",
    },
    "disks": {"": "sda 585937500\n"},
    "filesystems": {
        "mounts": "/dev/mapper/vg-root / ext4 rw 0 0\nnas:/x /mnt/a\\040b nfs rw 0 0\n",
        "df": "Filesystem         1024-blocks      Used Available Capacity Mounted on\n"
        "/dev/mapper/vg-root  206292664  51573166 144240504      27% /\n"
        "nas:/x              1000000000 500000000 500000000      50% /mnt/a b\n",
    },
    "sockets": {  # iproute2 2.6.32: no pid=, IPv6 without brackets
        "visitor": "10.50.0.10 51000 10.1.0.5 22\n",
        "ss": "Netid State      Recv-Q Send-Q     Local Address:Port       Peer Address:Port\n"
        "udp   UNCONN     0      0                      *:68                    *:*"
        '      users:(("dhclient",1021,6))\n'
        "tcp   LISTEN     0      128                   :::22                   :::*"
        '      users:(("sshd",1300,4))\n'
        "tcp   LISTEN     0      128                    *:22                    *:*"
        '      users:(("sshd",1300,3))\n'
        "tcp   LISTEN     0      128            127.0.0.1:631                   *:*"
        '      users:(("cupsd",1200,6))\n'
        "tcp   LISTEN     0      50                    :::3306                 :::*"
        '      users:(("mysqld",1500,10))\n'
        "tcp   ESTAB      0      0               10.1.0.5:22           10.50.0.10:51000\n"
        "tcp   ESTAB      0      0        ::ffff:10.1.0.5:3306    ::ffff:10.1.0.9:40112"
        '  users:(("mysqld",1500,33))\n',
    },
    "packages": {
        "rpm": "1300000000\tgpg-pubkey\tc105b9de-4e0fd3a3\n1262304000\tbash\t4.1.2-48.el6\n"
        "1577836800\tkernel\t2.6.32-754.el6\n",
    },
    "services": {
        "upstart": "rc stop/waiting\ntty (/dev/tty1) start/running, process 1800\n"
        "plymouth-shutdown stop/waiting\nrsyslog start/running, process 900\n",
        "sysv": "/var/run/crond.pid\n/var/run/mysqld/mysqld.pid\ninit /etc/init.d/mysqld\n",
    },
    "databases": {
        "processes": " 1500 mysql    /usr/libexec/mysqld --basedir=/usr --datadir=/var/lib/mysql\n"
        " 1600 oracle   ora_pmon_ORCL\n 1700 dmdba    /opt/dm/bin/dmserver /dm/dm.ini -noconsole\n",
        "folder mysql /var/lib/mysql": "1048576\t/var/lib/mysql\n",
    },
    "jobs": {
        "/etc/crontab": "SHELL=/bin/bash\n# run-parts\n01 * * * * root run-parts /etc/cron.hourly\n",
        "/var/spool/cron/oracle": "*/5 * * * * /home/oracle/rman.sh\n@reboot /start\n",
        "lack jobs.users not_permitted": "",
    },
    "certificates": {},
    "logins": {
        "last": "root     pts/0        10.9.9.9         Fri Mar  1 09:00:00 2019 - "
        "Fri Mar  1 10:00:00 2019  (01:00)    \n"
        "reboot   system boot  2.6.32-754.el6.x Thu Feb 28 09:00:00 2019 - "
        "Fri Mar  1 10:00:00 2019 (1+01:00)   \n\n"
        "wtmp begins Thu Feb 28 08:59:00 2019\n",
    },
    "network": {
        "ip": "1: lo    inet 127.0.0.1/8 scope host lo\n"
        "2: eth0    inet 10.1.0.5/24 brd 10.1.0.255 scope global eth0\n"
        "2: eth0    inet6 2001:db8:1::5/64 scope global \\       valid_lft forever\n"
        "2: eth0    inet6 fe80::1/64 scope link \\       valid_lft forever\n",
        "route": "10.1.0.0/24 dev eth0  proto kernel  scope link  src 10.1.0.5\n"
        "default via 10.1.0.1 dev eth0\n",
        "route6": "2001:db8:1::/64 dev eth0  proto kernel  metric 256\nunreachable ::/96 dev lo\n",
    },
    "clock": {
        "now": "1700000003\n",
        "ntpq": "     remote           refid      st t when poll reach   delay   offset  jitter\n"
        "==============================================================================\n"
        "*10.1.0.2        .GPS.            1 u   33   64  377    0.200    0.010   0.004\n",
    },
}
NETSTAT = {  # net-tools as on CentOS 7 without iproute, and on Kylin
    "visitor": "\n",
    "netstat": "Active Internet connections (servers and established)\n"
    "Proto Recv-Q Send-Q Local Address           Foreign Address         State       "
    "PID/Program name    \n"
    "tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      "
    "1024/sshd           \n"
    "tcp        0      0 127.0.0.1:25            0.0.0.0:*               LISTEN      "
    "1300/master         \n"
    "tcp        0    240 10.1.0.6:8080           10.1.0.7:50010          ESTABLISHED "
    "2000/java           \n"
    "tcp6       0      0 :::8080                 :::*                    LISTEN      -"
    "                   \n"
    "udp        0      0 0.0.0.0:68              0.0.0.0:*                           "
    "800/dhclient        \n",
}
BUSYBOX = {
    "network": {
        "ifconfig": "eth0      Link encap:Ethernet  HWaddr 02:00:0A\n"
        "          inet addr:10.2.0.5  Bcast:10.2.0.255  Mask:255.255.255.0\n"
        "          inet6 addr: 2001:db8:2::5/64 Scope:Global\n\n"
        "ens3: flags=4163<UP>  mtu 1500\n        inet 10.3.0.5  netmask 255.255.0.0  "
        "broadcast 10.3.255.255\n        inet6 2001:db8:3::5  prefixlen 64  scopeid 0x0<global>\n",
        "netstat": "Kernel IP routing table\nDestination     Gateway         Genmask         Flags   "
        "MSS Window  irtt Iface\n0.0.0.0         10.2.0.1        0.0.0.0         UG        0 0"
        "          0 eth0\n10.2.0.0        0.0.0.0         255.255.255.0   U         0 0"
        "          0 eth0\n",
    },
    "logins": {
        "last": "root     pts/0        10.9.9.9         Sun Nov 19 21:13 - 21:20  (00:07)\n"
    },
}
