"""python -m tests.netbox up|down [--folder F] [--port N]: `make netbox`, `make netbox-down`."""

import argparse
import shlex
import sys
import time
from pathlib import Path

from tests.children import DidNotStart
from tests.netbox import daemon, install
from tests.netbox.sample import NotLoaded, load_sample

PORT = 8300
FOLDER = install.HOME / "state"


def up(place: daemon.Place, port: int, *, city: bool = True) -> None:
    began = time.monotonic()

    def say(zh: str, en: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {zh} / {en} …", flush=True)

    install.require()
    ready = daemon.up(place, port, say)
    sample = load_sample(ready.url, place.token, place.folder / "qianyun", say) if city else None
    keys = place.keys
    print(f"NetBox {install.VERSION} 就绪 / is ready")
    print(f"  地址 / address    {ready.url}")
    print(f"  用户 / user       {keys.user}")
    print(f"  密码 / password   {keys.password}")
    print("让迁云使用它 / to use it with Qianyun:")
    print(f"  export QIANYUN_NETBOX_URL={ready.url}")
    print(f"  export QIANYUN_NETBOX_TOKEN=file:{sample.token if sample else place.token}")
    if sample:
        print(f"  export QIANYUN_STATE={sample.state}")
        print(f"示例城市的台账 / the sample city's ledger: {sample.ledger}")
    print(f"停止 / stop it: {stop_command(place)} · 数据 / data: {place.folder}")


def stop_command(place: daemon.Place) -> str:
    """What stops the NetBox of this place and no other."""
    if place.folder == FOLDER.absolute():
        return "make netbox-down"
    return f"make netbox-down FOLDER={shlex.quote(str(place.folder))}"


def down(place: daemon.Place) -> None:
    if daemon.down(place):
        print(f"NetBox 已停止，数据保留在 / NetBox has stopped, its data stay in {place.folder}")
    else:
        print(f"没有在运行的 NetBox / no NetBox is running in {place.folder}")
        print(
            "在别的文件夹启动的 / one that was started in another folder: make netbox-down FOLDER=…"
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.netbox", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "serve"], help="serve: up, in front")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="its data; .netbox/state")
    parser.add_argument("--port", type=int, default=PORT, help=f"on 127.0.0.1; {PORT}")
    parser.add_argument("--empty", action="store_true", help="without the sample city")
    options = parser.parse_args()
    place = daemon.Place(options.folder.absolute())
    try:
        if options.command == "serve":
            return daemon.serve(place, options.port)
        if options.command == "up":
            up(place, options.port, city=not options.empty)
        else:
            down(place)
    except KeyboardInterrupt:
        print("已中断 / interrupted", file=sys.stderr)
        return 3
    except (daemon.Failed, install.NotInstalled, DidNotStart, NotLoaded, OSError) as error:
        print(f"错误 / error: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
