"""A result in words, Chinese and English: what was read, what was expected, what to do. Pure."""

from collections.abc import Mapping

from probes.model import Failure, ProbeResult, Target

# What it means, and what to do about it.
WORDS: Mapping[Failure, tuple[str, str]] = {
    Failure.REFUSED: (
        "拒绝连接 / refused",
        "确认服务已启动并监听此族 / see that the service runs and listens on this family",
    ),
    Failure.NO_ROUTE: (
        "无路由 / no route",
        "检查路由、网关与防火墙 / check routes, gateways and firewalls",
    ),
    Failure.TIMEOUT_CONNECT: (
        "连接超时 / connect timed out",
        "检查防火墙是否丢包、主机是否开机 / check for dropped packets and whether the host is up",
    ),
    Failure.TIMEOUT_ANSWER: (
        "应答超时 / answer timed out",
        "检查服务是否挂起、应答是否被丢弃 / see whether the service hangs or answers are dropped",
    ),
    Failure.TIMEOUT_TLS: (
        "TLS 握手超时 / TLS handshake timed out",
        "确认端口启用 TLS、途中设备未拦截 / see that the port speaks TLS and no device on the way holds it",
    ),
    Failure.TIMEOUT_BODY: (
        "正文未在时限内收完 / body did not end in time",
        "查看服务负载与线路带宽 / check the load of the service and the rate of the line",
    ),
    Failure.WRONG_STATUS: (
        "状态码不符 / wrong status",
        "查看该服务的日志 / read the service's log",
    ),
    Failure.WRONG_REDIRECT: (
        "跳转地址不符 / wrong redirect",
        "更正服务的跳转设置 / correct where the service sends its clients",
    ),
    Failure.UNTRUSTED: (
        "证书不受信任 / certificate not trusted",
        "补全证书链，或登记本市 CA / send the whole chain, or name the city's own CA",
    ),
    Failure.EXPIRED: ("证书已过期 / certificate expired", "更换证书 / renew the certificate"),
    Failure.NOT_YET_VALID: (
        "证书尚未生效 / certificate not valid yet",
        "核对双方时钟与证书 / compare both clocks and the certificate",
    ),
    Failure.WRONG_NAME: (
        "证书名称不符 / certificate for another name",
        "确认地址与证书的名称 / see that address and certificate belong to this name",
    ),
    Failure.WRONG_CONTENT: (
        "内容不符 / wrong content",
        "确认应答的是该系统 / see that it is this system that answers",
    ),
    Failure.WRONG_HOST_KEY: (
        "主机密钥不符 / wrong host key",
        "当面核对指纹后再改台账,不要忽略 / compare fingerprints in person before changing the "
        "ledger; do not ignore it",
    ),
    Failure.AUTH: ("认证失败 / login refused", "核对账号与密钥 / check account and key"),
    Failure.RESET: (
        "连接被中断 / connection broken off",
        "查看服务日志与途中设备 / read the service's log and check devices on the way",
    ),
    Failure.BAD_TARGET: (
        "探测目标有误 / bad target",
        "更正台账中的登记 / correct what the ledger declares",
    ),
    Failure.PROTOCOL: (
        "协议不符 / not the protocol expected",
        "确认端口上是何服务 / see what listens on the port",
    ),
    Failure.NO_ALGORITHM: (
        "没有共同的算法 / no algorithm in common",
        "在 sshd_config 放开其中一种，或升级迁云 / allow one of these in its sshd_config, or upgrade "
        "Qianyun",
    ),
    Failure.NOT_READY: (
        "在运行但不接受请求 / runs but takes no requests",
        "查看其日志：正在启动、连接数已满 / read its log: it is starting, or its connections are used up",
    ),
    Failure.BLACK_HOLE: (
        "大包被静默丢弃 / large packets vanish without a word",
        "放行 ICMP “需要分片/包过大”，或调小 MTU / let ICMP 'packet too big' through, or lower the MTU",
    ),
    Failure.NO_ADDRESS: (
        "域名无此族地址 / the name has no address of this family",
        "补登 A 或 AAAA 记录 / add the A or AAAA record",
    ),
    Failure.ECHO_RATIONED: (
        "对方限制 ICMP 速率，不计丢包 / echoes are rationed there, which is no loss",
        "放宽对方或途中设备的 ICMP 限速，或调大探测间隔 / raise the ICMP limit there or on the way, or probe "
        "less often",
    ),
    Failure.NO_RESOLVER: (
        "域名解析无应答，目标未测 / no resolver answered, the target was not measured",
        "检查探测机的域名解析 / check the prober's own name resolution",
    ),
    Failure.PERMISSION: (
        "本机无权探测 / not permitted here",
        "授予所述权限或放行本机防火墙 / grant the right named, or open this machine's firewall",
    ),
}


def meaning(reason: str) -> str:
    """A recorded reason in both languages; one that is no failure of a look stays as it is."""
    return WORDS[Failure(reason)][0] if reason in {one.value for one in Failure} else reason


def explain(result: ProbeResult, lang: str = "") -> str:
    """One line for a person: in `zh`, in `en`, or in both."""
    place = where(result.target)
    if result.failure is None:
        return f"{_in(lang, '正常 / ok')}: {place}"
    meaning, remedy = (_in(lang, told) for told in WORDS[result.failure])
    facts = "; ".join(
        f"{_in(lang, name)} {text}"
        for key, name in (
            ("status", "读到状态 / read status"),
            ("read", "读到 / read"),
            ("error", "读到 / read"),
            ("expected", "应为 / expected"),
        )
        if (text := result.evidence.get(key))
    )
    return f"{meaning}: {place}" + (f"; {facts}" if facts else "") + f"; {remedy}"


def _in(lang: str, told: str) -> str:
    zh, _, en = told.partition(" / ")
    return {"zh": zh, "en": en}.get(lang, told)


def where(target: Target) -> str:
    """For example `http LJ-S-002@zw-app-01 IPv6 [fd30::12]:8080/healthz`."""
    at = target.address or target.host
    address = f"[{at}]" if ":" in at else at or "?"
    port = "" if target.check in ("icmp", "pmtu") else f":{target.port}"
    path = target.path if target.check == "http" else ""
    return f"{target.check} {target.code} IPv{target.family} {address}{port}{path}"
