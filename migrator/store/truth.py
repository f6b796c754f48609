"""The truth in the database: opening it, and who may write what in one transaction.

`Truth` joins the parts: `plans`, `network`, `runs`, `attempts`, `census`, `records` and `reports`
(one file each). Every change is made together with its audit entry, in the same transaction.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from inventory.database import make_engine, reading, writing
from migrator.errors import Forbidden, StoreDown
from migrator.people.rights import Deed, Person, Subject, permit
from migrator.store.alerts import Alerts
from migrator.store.attempts import Attempts
from migrator.store.audit import LOGIN, Entry, Filter, after, entries, found, head
from migrator.store.census import Census
from migrator.store.commands import Commands
from migrator.store.controls import Controls
from migrator.store.events import Events
from migrator.store.logs import Logs
from migrator.store.machines import Machines
from migrator.store.network_plans import NetworkPlans
from migrator.store.notices import Notices
from migrator.store.noting import Noting
from migrator.store.people import People
from migrator.store.plans import Plans
from migrator.store.receivers import Receivers
from migrator.store.records import PolicyRecords
from migrator.store.reports import Reports
from migrator.store.runs import Runs
from migrator.store.saved_filters import SavedFilters
from migrator.store.sendings import Sendings
from migrator.store.tallies import Tallies

type Clock = Callable[[], datetime]

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def utc_now() -> datetime:
    return datetime.now(UTC)


class Truth:
    """Plans, runs, attempts, visits to hosts, records of policies, reports, the audit: one database."""

    def __init__(self, engine: Engine, clock: Clock = utc_now, login: str = "") -> None:
        self.engine = engine
        self.login = login
        self.clock = clock
        self.people = People(self)
        self.saved_filters = SavedFilters(self)
        self.commands = Commands(self)
        self.receivers = Receivers(self)
        self.plans = Plans(self)
        self.network = NetworkPlans(self)
        self.runs = Runs(self)
        self.controls = Controls(self)
        self.tallies = Tallies(self)
        self.alerts = Alerts(self)
        self.attempts = Attempts(self)
        self.census = Census(self)
        self.records = PolicyRecords(self)
        self.reports = Reports(self)
        self.sendings = Sendings(self)
        self.events = Events(self)
        self.logs = Logs(self)
        self.machines = Machines(self)
        self.notices = Notices(self)
        self._noting = Noting(self.writing)

    @classmethod
    def open(cls, url: str, clock: Clock = utc_now, login: str = "") -> "Truth":
        """The truth at `url`, brought to the newest schema. Raises StoreError, StoreDown."""
        engine = make_engine(url)
        with translated(url):
            upgrade(engine)
        return cls(engine, clock, login)

    def now(self) -> str:
        """UTC, ISO 8601, milliseconds."""
        return self.clock().astimezone(UTC).isoformat(timespec="milliseconds")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One writer after the other: on SQLite by BEGIN IMMEDIATE, on PostgreSQL by a lock.

        Raises StoreDown when the database fails; a broken rule (IntegrityError) passes through.
        """
        with translated(self.engine.url.render_as_string()), writing(self.engine) as connection:
            _queue(connection)
            connection.info[LOGIN] = self.login
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with translated(self.engine.url.render_as_string()), reading(self.engine) as connection:
            yield connection

    def audit(self, actor: str, action: str, object: str, /, **detail: object) -> None:
        """An audit entry of its own, for what changes no other row (a refusal, say). A detail may have
        any name, an action too: of a reading of the audit it is what was asked for."""
        self._noting.note(at=self.now(), actor=actor, action=action, object=object, detail=detail)

    def permit(
        self, person: Person, deed: Deed, object: str, subject: Subject | None = None
    ) -> None:
        """Raises Forbidden for who may not; the refusal stands in the audit."""
        try:
            permit(person, deed, subject)
        except Forbidden:
            self.audit(person.name, f"{deed}.refused", object, roles=sorted(person.roles))
            raise

    def audit_entries(self) -> list[Entry]:
        with self.reading() as connection:
            return entries(connection)

    def audit_found(self, wanted: Filter) -> tuple[list[Entry], int]:
        """Entries that fit, the newest first, and how many there are in all."""
        with self.reading() as connection:
            return found(connection, wanted)

    def audit_after(self, seq: int, limit: int = 500) -> list[Entry]:
        """Entries with a higher number, in order."""
        with self.reading() as connection:
            return after(connection, seq, limit)

    def audit_head(self) -> int:
        """The number of the last entry; 0 before the first."""
        with self.reading() as connection:
            return head(connection)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """SQLAlchemy's errors as StoreDown, with the cause kept."""
    try:
        yield
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        # the driver's own words: SQLAlchemy's hold the statement with all that was to be written
        told = " ".join(str(getattr(error, "orig", None) or type(error).__name__).split())
        place = what.rpartition("@")[2]
        raise StoreDown(
            f"数据库无法使用 / the database cannot be used: {place}: {told}; {_remedy(told)}"
        ) from error


def _remedy(told: str) -> str:
    if "locked" in told:
        return (
            "另一进程占用写锁过久：结束它后重试 / another process keeps it locked: end that one (`fuser` "
            "names it), then try again"
        )
    if "full" in told:
        return "磁盘已满：腾出空间后重试 / the disk is full: make room, then try again"
    return (
        "检查 QIANYUN_DATABASE_URL 与文件夹权限 / check QIANYUN_DATABASE_URL and that the folder is "
        "writable"
    )


HEAD = "0014"
"""The newest revision in `migrations/`; a test holds it to alembic's own answer."""


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest revision; at the newest already, nothing changes."""
    if _revision(engine) == HEAD:
        return
    from alembic import command  # noqa: PLC0415  half a second that most commands need not pay
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        _queue(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revision(engine: Engine) -> str | None:
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def _queue(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(7160)"))
