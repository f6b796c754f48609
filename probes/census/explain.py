"""Why a host could not be visited, in both languages, with what to do. Pure."""

from collections.abc import Mapping

from inventory.facts import Failure
from probes.census.model import Target, Way

_WHY: Mapping[Failure, tuple[str, str]] = {
    Failure.UNKNOWN_HOST_KEY: (
        "没有登记主机密钥，未连接。请向管理员核对指纹后，填入台账“SSH 主机公钥”列，或加入 "
        "QIANYUN_DISCOVER_KNOWN_HOSTS 所指文件：ssh-keyscan -p {port} {address}",
        "no host key is known, so it was not spoken to. Check the fingerprint with who runs it, then "
        "put the key into the ledger's SSH host key column, or into the file of "
        "QIANYUN_DISCOVER_KNOWN_HOSTS: ssh-keyscan -p {port} {address}",
    ),
    Failure.WRONG_HOST_KEY: (
        "主机密钥不符（{said}），已断开，未发送任何凭据。可能是地址填错、重装系统或有人冒充",
        "it showed another host key ({said}); left before any credential was sent. A wrong address, a "
        "host installed anew, or somebody in between",
    ),
    Failure.AUTH: (
        "登录被拒（{said}）。请检查该网络域的登录设置，并把公钥加入主机的 authorized_keys",
        "the login was refused ({said}). Check the login of its zone, and that the public key stands "
        "in the host's authorized_keys",
    ),
    Failure.NO_LOGIN: (
        "没有可用的登录凭据（{said}）。请在 QIANYUN_DISCOVER_ACCESS 所指文件中给出密钥、agent 或密码",
        "no credential to log in with ({said}). Give a key, the agent or a password in the file of "
        "QIANYUN_DISCOVER_ACCESS",
    ),
    Failure.UNREACHABLE: (
        "连不上（{said}）。请检查主机是否开机、地址端口、路由与防火墙",
        "cannot be reached ({said}). Check that it is on, its address and port, routes and firewalls",
    ),
    Failure.TIMEOUT: (
        "超时（{said}）。请检查网络，或主机是否过载",
        "timed out ({said}). Check the network, and whether the host is overloaded",
    ),
    Failure.PROTOCOL: (
        "对方不是正常的 {service} 服务（{said}）",
        "what answers is no {service} as it should be ({said})",
    ),
    Failure.TLS: (
        "WinRM 的 TLS 证书不可信（{said}）。请在登录设置中给出 ca，或更换证书",
        "the certificate of WinRM is not good ({said}). Give its ca in the access file, or renew it",
    ),
    Failure.NO_ADDRESS: (
        "台账中没有地址，无法访问",
        "the inventory has no address for it",
    ),
    Failure.JUMP: (
        "经跳板机不通（{said}）。请检查跳板机的密钥、登录与转发权限（AllowTcpForwarding）",
        "the jump host did not let us through ({said}). Check its key, its login and "
        "AllowTcpForwarding",
    ),
    Failure.REFUSED: (
        "登录成功但没有执行采集（{said}）。请检查登录用户的 shell；Windows 主机请把 way 设为 windows_ssh "
        "或 winrm",
        "it let us in and did not run the reading ({said}). Check the login's shell; for Windows set "
        "way to windows_ssh or winrm",
    ),
}


def explain(failure: Failure, target: Target, said: str) -> str:
    """What was met, and what to do: "中文 / English"."""
    stop = target.stop
    words = {
        "said": said or "-",
        "address": str(stop.address),
        "port": str(stop.port),
        "service": "WinRM" if target.way is Way.WINRM else "SSH",
    }
    zh, en = (text.format(**words) for text in _WHY[failure])
    return f"{zh} / {en}"
