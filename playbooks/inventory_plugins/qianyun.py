"""Ansible's inventory plugin: the estate, from the command or from the API.

It runs in Ansible's Python, which need not be Qianyun's: it knows the standard library and Ansible.
"""

import http.client
import json
import subprocess
import urllib.error
import urllib.request

from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.utils.unsafe_proxy import wrap_var

DOCUMENTATION = r"""
name: qianyun
short_description: Hosts from Qianyun's estate
description:
  - Reads hosts and groups from C(qianyun-inventory --list), or from C(GET /ansible/inventory) of
    Qianyun's API. Classified systems and their hosts are never in it.
  - Every text is data. No Jinja in a name is rendered.
  - Whatever fails fails the whole inventory, also where Ansible would go on with a warning and an
    empty one (C(any_unparsed_is_failed) is set for that moment).
  - The configuration file's name must end in C(.qianyun.yml) or C(.qianyun.yaml).
options:
  plugin:
    description: The name of this plugin.
    required: true
    choices: [qianyun]
  command:
    description: Program and arguments that print the inventory. No shell is used.
    type: list
    elements: str
    default: [qianyun-inventory, --list]
  url:
    description:
      - Where the API gives the inventory. If set, O(command) is not used. A proxy of the
        environment is not used, and another address is not followed.
    type: str
  timeout:
    description: Seconds until an answer must have come.
    type: int
    default: 60
"""

EXAMPLES = r"""
# city.qianyun.yml
plugin: qianyun

# or, from the API on the same machine
plugin: qianyun
url: http://127.0.0.1:8400/ansible/inventory
"""

LARGEST = 256 * 1024 * 1024
SHOWN = 2000


class Failed(Exception):
    """Why there is no inventory: what was read, what was expected, what to do."""


class InventoryModule(BaseInventoryPlugin):
    NAME = "qianyun"

    def verify_file(self, path):
        names = (".qianyun.yml", ".qianyun.yaml")
        return super().verify_file(path) and path.endswith(names)

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        try:
            self._read_config_data(path)
            url, timeout = self.get_option("url"), self.get_option("timeout")
            command = self.get_option("command")
            raw = from_url(url, timeout) if url else from_command(command, timeout)
            groups, hostvars = checked(raw)
        except Exception as error:
            # Ansible would only warn and play on nothing, with exit status 0
            constants.INVENTORY_ANY_UNPARSED_IS_FAILED = True
            raise AnsibleParserError(f"qianyun: {error}") from error
        self._fill(groups, hostvars)

    def _fill(self, groups, hostvars):
        for name in groups:
            self.inventory.add_group(name)
        for host, variables in hostvars.items():
            self.inventory.add_host(host)
            for key, value in variables.items():
                self.inventory.set_variable(host, key, value)
        for name, group in groups.items():
            for host in group.get("hosts", ()):
                self.inventory.add_host(host, group=name)
            for child in group.get("children", ()):
                self.inventory.add_child(name, child)
            for key, value in group.get("vars", {}).items():
                self.inventory.set_variable(name, key, value)


def from_command(argv, timeout):
    """Standard output of a command that must succeed."""
    try:
        done = subprocess.run(argv, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failed(
            f"命令 {timeout} 秒内未完成，见 timeout / {argv} did not end in {timeout} s, see the "
            "option timeout"
        ) from error
    except (OSError, ValueError, IndexError) as error:
        raise Failed(
            f"无法执行，请检查 command 与 PATH / cannot run {argv}: {error}; check the option "
            "command and PATH"
        ) from error
    if done.returncode != 0:
        told = done.stderr.decode("utf-8", "replace").strip()[-SHOWN:]
        raise Failed(f"命令失败 / {argv} ended with {done.returncode}: {told}")
    return done.stdout


class _Stay(urllib.request.HTTPRedirectHandler):
    """Another address is not followed: its answer is the error that is shown."""

    def redirect_request(self, *_):
        return None


def from_url(url, timeout):
    """The body of a 200, whole."""
    if not url.startswith(("http://", "https://")):
        raise Failed(f"url 应为 http(s) 地址 / read url {url!r}, expected an http(s) address")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())
    try:
        with opener.open(url, timeout=timeout) as answer:
            status, body = answer.status, answer.read(LARGEST + 1)
            missing = answer.length if len(body) <= LARGEST else 0
    except urllib.error.HTTPError as error:
        told = error.read(SHOWN).decode("utf-8", "replace")
        raise Failed(f"接口拒绝 / {url} answered {error.code}: {told}") from error
    except (OSError, ValueError) as error:
        raise Failed(
            f"接口不应答，请先 qianyun up 并检查 url / {url} does not answer: {error}; start "
            "`qianyun up` and check the option url"
        ) from error
    except http.client.HTTPException as error:
        raise Failed(f"应答残缺，请重试 / {url}: half an answer, try again: {error!r}") from error
    if missing:
        raise Failed(f"应答残缺，请重试 / {url}: half an answer, {missing} B short: try again")
    if status != 200 or len(body) > LARGEST:
        raise Failed(
            f"应为 200 与不超过 {LARGEST} B / {url} answered {status} with {len(body)} B or more, "
            f"expected 200 and at most {LARGEST} B"
        )
    return body


def checked(raw):
    """(groups, variables by host) of an inventory that is whole, every text untrusted."""
    try:
        data = json.loads(raw.decode("utf-8"), object_hook=_untrusted)
    except (ValueError, RecursionError) as error:
        raise Failed(f"应为 JSON / expected JSON, read {raw[:80]!r}…: {error}") from error
    meta = data.pop("_meta", None) if isinstance(data, dict) else None
    hostvars = meta.get("hostvars") if isinstance(meta, dict) else None
    if not isinstance(hostvars, dict) or not all(isinstance(g, dict) for g in data.values()):
        raise Failed("应为带 _meta.hostvars 的清单 / expected an inventory with _meta.hostvars")
    if not hostvars:
        raise Failed("清单中没有主机，请检查台账库 / it has no host: check Qianyun's inventory")
    lacking = {h for g in data.values() for h in g.get("hosts", ())} - set(hostvars)
    lacking |= {c for g in data.values() for c in g.get("children", ())} - set(data)
    if lacking:
        raise Failed(f"清单残缺 / the inventory is not whole, it lacks {sorted(lacking)[:5]}")
    return data, hostvars


def _untrusted(value):
    """The text of a value marked as data, as one that Ansible never takes for a template. Since
    ansible-core 2.19 no text made here is a template; before that, only those wrapped are not."""
    if set(value) == {"__ansible_unsafe"}:
        return wrap_var(value["__ansible_unsafe"])
    return value
