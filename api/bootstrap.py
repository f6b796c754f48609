"""How everything is joined: the one place that knows which parts make the product.

Temporal, Ansible and the probes cost a second to import: each is imported where it is first
needed, so that a command pays for what it uses.
"""
# ruff: noqa: PLC0415

import asyncio
import socket
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from api.settings import Settings, SettingsError, login
from inventory.store import EstateStore
from inventory.store_embedded import EmbeddedStore
from migrator.attempts.move import Login
from migrator.attempts.strategy import Strategy
from migrator.errors import NotFound
from migrator.planning.plan import Means
from migrator.store.truth import Truth

if TYPE_CHECKING:
    from inventory.netbox.client import Client
    from migrator.attempts.crew import Crew
    from migrator.engine.activities import Activities
    from migrator.engine.alertmanager import Alertmanager
    from migrator.engine.client import Engine
    from migrator.engine.notices import Notifier
    from migrator.engine.quiet import Quiet
    from migrator.engine.worker import Post
    from migrator.runs.gates import Gates
    from migrator.use_cases.accounts import Accounts
    from migrator.use_cases.decommissioning import Decommissioning
    from migrator.use_cases.looking import Looking
    from migrator.use_cases.network_plans import Networking
    from migrator.use_cases.planning import Planning
    from migrator.use_cases.recording import Recording
    from migrator.use_cases.running import Running
    from migrator.use_cases.saved_filters import Filters
    from probes.watch.picture import Picture


@dataclass(frozen=True)
class Qianyun:
    """The product as one process sees it. Parts are made when they are first used."""

    settings: Settings

    @cached_property
    def truth(self) -> Truth:
        try:
            self.settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SettingsError(
                f"状态文件夹无法使用 / the state folder cannot be made: {self.settings.state}: "
                f"{error.strerror}; set QIANYUN_STATE to a folder that you may write"
            ) from error
        return Truth.open(self.settings.database_url, login=login())

    @cached_property
    def estate(self) -> EstateStore:
        """NetBox where one is set, else our own database. Raises SettingsError."""
        if self.settings.netbox_url is None:
            return EmbeddedStore(self.truth.engine)
        from inventory.netbox.store import NetBoxStore

        client = self._netbox()
        engine = self.truth.engine  # makes the state folder
        return NetBoxStore(client, engine, self.settings.state / "netbox" / "mirror.json")

    def netbox_version(self) -> str:
        """Asked of NetBox itself. Raises SettingsError, StoreError."""
        return self._netbox(timeout_s=(1, 2)).version

    def _netbox(self, timeout_s: tuple[float, float] | None = None) -> "Client":
        from inventory.netbox.client import TIMEOUT_S, Client

        url, token = self.settings.netbox_url, self.settings.netbox_token
        if url is None or token is None:
            raise SettingsError(
                f"缺少地址或令牌 / no address or no token for NetBox: read QIANYUN_NETBOX_URL={url}, "
                "expected QIANYUN_NETBOX_TOKEN too, a token or file:/PATH; `qianyun netbox "
                "bootstrap --token-file` makes one with least privilege"
            )
        return Client(
            url,
            token.get_secret_value(),
            connections=self.settings.netbox_connections,
            ca=self.settings.netbox_ca,
            timeout_s=timeout_s or TIMEOUT_S,
        )

    @cached_property
    def planning(self) -> "Planning":
        from migrator.use_cases.planning import Planning

        return Planning(self.truth, self.estate, self.settings.today)

    @cached_property
    def looking(self) -> "Looking":
        """Reading, as far as a person may see; a server gives it the estate that it holds."""
        from migrator.use_cases.looking import Looking

        return Looking(self.truth, self.estate)

    @cached_property
    def accounts(self) -> "Accounts":
        """Who may come in (argon2 is loaded for this alone)."""
        from datetime import timedelta

        from migrator.use_cases.accounts import Accounts, Limits

        limits = Limits(
            idle=timedelta(minutes=self.settings.session_idle_minutes),
            whole=timedelta(hours=self.settings.session_hours),
        )
        return Accounts(self.truth, limits, self.organisations)

    @cached_property
    def filters(self) -> "Filters":
        from migrator.use_cases.saved_filters import Filters

        return Filters(self.truth)

    def organisations(self) -> frozenset[str]:
        """Codes of those that the inventory has."""
        return frozenset(one.code for one in self.estate.load().organisations)

    @cached_property
    def recording(self) -> "Recording":
        from inventory.policies.shelf import Shelf
        from migrator.use_cases.recording import Recording

        shelf = Shelf(self.settings.state / "policies")
        return Recording(self.truth, self.estate, shelf, self.settings.recorders)

    @cached_property
    def gates(self) -> "Gates":
        """The city's rules of the engine, from their file. Raises MeansRefused."""
        from migrator.runs.gates import Gates
        from migrator.runs.rules_file import read_rules

        path = self.settings.engine_rules
        return Gates(read_rules(path)) if path else Gates()

    @cached_property
    def running(self) -> "Running":
        from migrator.use_cases.running import Running

        return Running(
            truth=self.truth,
            estate=self.estate,
            begin=self._begin,
            wake=self._wake,
            gates=self.gates,
        )

    @cached_property
    def networking(self) -> "Networking":
        from migrator.use_cases.network_plans import Networking

        return Networking(
            truth=self.truth,
            estate=self.estate,
            timezone=self.settings.timezone,
            rules=self.gates.rules,
            begin=self._begin_network,
            wake=lambda plan: self._wake(plan, ()),
        )

    @cached_property
    def decommissioning(self) -> "Decommissioning":
        from migrator.use_cases.decommissioning import Decommissioning

        return Decommissioning(
            truth=self.truth, estate=self.estate, timezone=self.settings.timezone
        )

    @cached_property
    def notifier(self) -> "Notifier":
        """Raises SettingsError for a file of channels that cannot be used."""
        from api.secret_files import channels
        from migrator.engine.notices import Notifier

        path = self.settings.notify_channels
        try:
            known = channels(path) if path else {}
        except (OSError, ValueError) as error:
            raise SettingsError(f"QIANYUN_NOTIFY_CHANNELS: {error}") from None
        return Notifier(self.truth, self.gates.rules, known)

    @cached_property
    def ssh_key(self) -> Path:
        """The private key of the settings, else the one of our own that `qianyun up` made."""
        return self.settings.ssh_key or self.settings.state / "ssh" / "id_ed25519"

    @cached_property
    def crew(self) -> "Crew":
        """Raises NotFound when there is no SSH key."""
        from migrator.attempts.crew import Crew

        if not self.ssh_key.exists():
            raise NotFound(
                f"SSH 私钥不存在 / no SSH key: read {self.ssh_key}, expected a private key file; "
                "set QIANYUN_SSH_KEY"
            )
        secrets = {
            "QIANYUN_BECOME_PASSWORD": self.settings.become_password,
            "QIANYUN_REPLICATION_PASSWORD": self.settings.replication_password,
            "QIANYUN_DNS_KEY": self.settings.dns_key,
        }
        return Crew(
            truth=self.truth,
            login=Login(user=self.settings.ssh_user, key=self.ssh_key),
            secrets={n: s.get_secret_value() for n, s in secrets.items() if s is not None},
            root=self.settings.state / "attempts",
            machine=self.machine,
            strategy=Strategy(self.settings.strategy),
        )

    def activities(self) -> "Activities":
        from migrator.attempts.crew import DRY_RUN
        from migrator.attempts.processes import sweep
        from migrator.engine.activities import Activities
        from migrator.engine.green import Green
        from migrator.engine.perform import Performer

        sweep(DRY_RUN)
        performer = Performer(
            self.truth,
            self.estate,
            self.crew,
            self.gates,
            quiet=self.quiet,
            green=Green(self.truth, self.seen),
        )
        return Activities(performer, self.settings.heartbeat_seconds)

    @property
    def alertmanager(self) -> "Alertmanager | None":
        from migrator.engine.alertmanager import Alertmanager

        url = self.settings.alertmanager_url
        return Alertmanager(url) if url else None

    @property
    def quiet(self) -> "Quiet":
        from migrator.engine.quiet import Quiet

        return Quiet(self.truth, self.estate, self.alertmanager)

    def seen(self) -> "Picture":
        """What all probers see now: our own, and those of the settings. Raises Misuse."""
        from probes.watch.folder import Folder
        from probes.watch.picture import picture

        return picture(Folder(self.settings.state / "probes"), self.settings.vantages)

    @property
    def machine(self) -> str:
        return self.settings.machine or socket.gethostname()

    @property
    def post(self) -> "Post":
        """Where this machine's worker stands."""
        from migrator.engine.worker import Post

        settings = self.settings
        return Post(
            machine=self.machine,
            zone=settings.zone,
            build=settings.worker_build,
            steps=settings.steps_at_once,
            beside=None if settings.zone else self.notifier.tell,
        )

    def means(self, *, ignore_windows: bool = False, moves_at_once: int | None = None) -> Means:
        """A city's means as the settings say."""
        return Means(
            moves_at_once=moves_at_once or self.settings.moves_at_once,
            soak_seconds=self.settings.soak_seconds,
            hold_seconds=self.settings.hold_seconds,
            timezone=self.settings.timezone,
            ignore_windows=ignore_windows,
            green_minutes=self.settings.green_minutes or None,
        )

    async def engine(self) -> "Engine":
        from migrator.engine.client import Engine

        return await Engine.at(self.settings.temporal_address, self.settings.temporal_namespace)

    def _begin(self, run: str) -> None:
        async def begin() -> None:
            await (await self.engine()).start(run)

        asyncio.run(begin())

    def _begin_network(self, plan: str) -> None:
        async def begin() -> None:
            await (await self.engine()).start_network(plan)

        asyncio.run(begin())

    def _wake(self, run: str, systems: tuple[str, ...]) -> None:
        async def wake() -> None:
            await (await self.engine()).wake(run, systems)

        asyncio.run(wake())
