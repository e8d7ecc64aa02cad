"""The database is away, fails, refuses, forgets: a day ends as one that nobody disturbed.

In:  the scene of the kill drills, a gateway that fails, one kind of trouble.
Out: what the database says of the day, how the backlog drained, what was said about it.
Next: `tests/chaos/away.py`, which writes it down; `tests/chaos/test_away_drills.py`.
"""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

import psycopg
from psycopg import sql

from core.session import NS_PER_MINUTE, NS_PER_SECOND
from tests.chaos.bad_gateway import BadGateway, Fate
from tests.chaos.kill_drill import last_minute
from tests.chaos.kill_scene import CONFIGS, DAY, OPENS, PATIENCE, SUBSCRIBED, Books, Scene
from tests.worker.running import RunningWorker, started_worker, wait_for, worker_environment

AWAY: Final = "away for ten market minutes"
FAILING: Final = "every second write fails"
POISON: Final = "a poison event"
RESTORED: Final = "restored to an older state"
KINDS: Final = (AWAY, FAILING, POISON, RESTORED)

EVERY_SECOND: Final = (Fate.PASS, Fate.FAIL, Fate.PASS, Fate.LOSE, Fate.PASS, Fate.REFUSE)
_FROM, _TO, _LATER = 10, 20, 35
_OPENS_NS: Final = int(datetime.fromisoformat(f"{DAY}T{OPENS}+05:30").timestamp()) * NS_PER_SECOND
_BACKUP: Final = "drill_backup"
_PLANT: Final = """
create function public.drill_refuses() returns trigger language plpgsql as $$
begin
  if (select count(*) from public.trading_signals
      where strategy_config_id = new.strategy_config_id) >= 2 then
    raise exception 'planted by the drill';
  end if;
  return new;
end $$;
create trigger drill_refuses before insert on public.trading_signals for each row
  when (new.strategy_config_id = {config}) execute function public.drill_refuses();
"""
_SAID: Final = """
select kind, message from public.incidents
union all select kind::text, title from public.notifications where kind = 'strategy_error'
order by 1, 2
"""
_PULL_UP: Final = "drop function if exists public.drill_refuses() cascade"
_TABLES: Final = """
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname in ('public', 'private', 'market_partitions')
order by 1, 2
"""
_COLUMNS: Final = """
select attname from pg_attribute where attrelid = %s::regclass and attnum > 0
  and not attisdropped and attgenerated = '' order by attnum
"""


@dataclass
class Day:
    """What came of one day.

    Attributes
    ----------
    books
        What the database says of it.
    figures
        What the worker said at its end.
    backlog, drained_seconds
        Events that waited when the database could be reached again, and how long they took.
    said
        What was said about the trouble: incidents and notifications.
    problems
        What ought not to be.
    """

    books: Books = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    backlog: int = 0
    drained_seconds: float = 0.0
    said: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Drill:
    """One day with one kind of trouble.

    Parameters
    ----------
    scene, gateway
        Where it is, and the worker's only way to the database.
    """

    worker: RunningWorker

    def __init__(self, scene: Scene, gateway: BadGateway, name: str) -> None:
        self._scene: Final = scene
        self._gateway: Final = gateway
        self._state: Final = scene.folder / f"state-{name}"
        self._url: Final = scene.stack.database_url
        self.day: Final = Day()

    def play(self, kind: str | None) -> Day:
        """Play the day with this kind of trouble, None for none; return what came of it."""
        trouble: dict[str | None, Callable[[], None]] = {
            None: lambda: None,
            AWAY: self._away,
            FAILING: self._failing,
            POISON: self._poison,
            RESTORED: self._restored,
        }
        self._gateway.write_fates(Fate.PASS)
        self._scene.begin()
        self._run(_PULL_UP)
        with self._scene.worker(self._state, SUPABASE_URL=self._gateway.url) as self.worker:
            wait_for("all to be subscribed", self._is_subscribed, PATIENCE)
            self._scene.let_go()
            self.worker.wait_said("ready", PATIENCE)
            self._scene.refuse_history()
            trouble[kind]()
            wait_for("the day to be over", self._scene.is_over, PATIENCE)
            self._scene.wait_stored()
            assert self.worker.stop() == 0, self.worker.raw[-20:]
        self._look_back()
        return self.day

    # -- troubles ----------------------------------------------------------------------------

    def _away(self) -> None:
        self._wait_minute(_FROM)
        self._gateway.go_away()
        self._wait_minute(_TO)
        behind, ours = self._place(), self._last()
        self._gateway.come_back()
        self._time_draining(behind, ours)

    def _failing(self) -> None:
        self._gateway.write_fates(*EVERY_SECOND)
        wait_for("the day to be over", self._scene.is_over, PATIENCE)
        self._time_draining(self._place(), self._last())

    def _poison(self) -> None:
        config = CONFIGS[0]
        self._wait_minute(1)
        self._run(sql.SQL(_PLANT).format(config=sql.Literal(config)))
        wait_for("a refused event", lambda: self.worker.said("refused and set aside"), PATIENCE)
        self._wait_minute(_LATER)
        held = self._look("select count(*) from lanes join events using (config_id)")
        others = self._query(
            "select count(*) from public.trading_signals where strategy_config_id <> %s", config
        )
        if not held or not others:
            self.day.problems.append(f"{held} events held, {others} signals of others")
        self._run(_PULL_UP)
        environment = worker_environment(self._scene.stack, self._scene.simulator, self._state)
        with started_worker(environment, "journal", "retry", config) as desk:
            assert desk.process.wait(PATIENCE) == 0, desk.raw
        begun = time.monotonic()
        wait_for(
            "the lane to be empty", lambda: not self._look("select count(*) from lanes"), PATIENCE
        )
        self.day.backlog, self.day.drained_seconds = held, time.monotonic() - begun

    def _restored(self) -> None:
        self._wait_minute(_FROM)
        self._back_up()
        behind = self._place()
        self._wait_minute(_TO)
        wait_for("the database to have more", lambda: self._place() > behind, PATIENCE)
        before = self._place()
        self._restore()
        self._time_draining(behind, before)

    # -- helpers of the troubles -------------------------------------------------------------

    def _back_up(self) -> None:
        """Copy all rows of one moment."""
        with psycopg.connect(self._url) as database:
            database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            database.execute(f"drop schema if exists {_BACKUP} cascade")
            database.execute(f"create schema {_BACKUP}")
            for number, (schema, table) in enumerate(database.execute(_TABLES).fetchall()):
                database.execute(
                    sql.SQL("create table {} as select * from {}").format(
                        sql.Identifier(_BACKUP, f"t{number}"), sql.Identifier(schema, table)
                    )
                )

    def _restore(self) -> None:
        """Put all rows back, as a restore does: without triggers."""
        while True:
            try:
                with psycopg.connect(self._url) as database:
                    self._put_back(database)
            except (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable):
                continue  # Somebody was writing; the database has undone our half.
            return

    def _put_back(self, database: psycopg.Connection) -> None:
        database.execute("set local lock_timeout = '2s'")
        tables = database.execute(_TABLES).fetchall()
        names = [sql.Identifier(*each) for each in tables]
        for name in names:
            database.execute(sql.SQL("alter table {} disable trigger user").format(name))
        database.execute(sql.SQL("truncate {}").format(sql.SQL(", ").join(names)))
        missing = dict(enumerate(names))
        while missing:  # A table whose rows refer to another's comes after that.
            for number, name in tuple(missing.items()):
                with suppress(psycopg.errors.ForeignKeyViolation), database.transaction():
                    self._fill(database, number, name)
                    del missing[number]
        for name in names:
            database.execute(sql.SQL("alter table {} enable trigger user").format(name))

    def _fill(self, database: psycopg.Connection, number: int, name: sql.Identifier) -> None:
        found = database.execute(_COLUMNS, (name.as_string(database),)).fetchall()
        columns = sql.SQL(", ").join(sql.Identifier(each) for (each,) in found)
        database.execute(
            sql.SQL("insert into {} ({}) overriding system value select {} from {}").format(
                name, columns, columns, sql.Identifier(_BACKUP, f"t{number}")
            )
        )

    def _time_draining(self, behind: int, ours: int) -> None:
        begun = time.monotonic()
        wait_for("the backlog to drain", lambda: self._place() >= ours, PATIENCE)
        self.day.backlog, self.day.drained_seconds = ours - behind, time.monotonic() - begun

    def _is_subscribed(self) -> bool:
        assert self.worker.process.poll() is None, self.worker.raw[-20:]
        return self._scene.subscribed() >= SUBSCRIBED

    def _wait_minute(self, minute: int) -> None:
        wait_for(f"minute {minute} of the day", lambda: self._minute() >= minute, PATIENCE)

    def _minute(self) -> int:
        last = last_minute(self._state)
        return -1 if last is None else (last - _OPENS_NS) // NS_PER_MINUTE

    # -- looking -----------------------------------------------------------------------------

    def _look_back(self) -> None:
        """Note what the day has come to."""
        self.day.books = self._scene.books()
        self.day.figures = self.worker.said("stopped")[0]
        with psycopg.connect(self._url) as database:
            found = database.execute(_SAID).fetchall()
            self.day.said = [f"{kind}: {text}" for kind, text in found]
            self._check_order(database)
            database.execute("delete from public.incidents")

    def _check_order(self, database: psycopg.Connection) -> None:
        """See that the events of each config were applied in the order of the journal."""
        applied: dict[str, datetime] = dict(
            database.execute("select id::text, applied_at from public.worker_events").fetchall()
        )
        events: dict[str, list[Any]] = {}
        with closing(sqlite3.connect(self._state / "journal.sqlite3")) as journal:
            for config, text in journal.execute(
                "select config_id, event from events where config_id is not null order by sequence"
            ):
                at = applied.get(json.loads(text)["id"])
                if at is None:
                    self.day.problems.append(f"an event of {config} is not in the database")
                else:
                    events.setdefault(config, []).append(at)
        self.day.problems += [
            f"events of {config} were applied out of order"
            for config, times in events.items()
            if any(later < earlier for earlier, later in pairwise(times))
        ]

    def _place(self) -> int:
        """Return how far the database has come with the journal."""
        query = "select coalesce(max(sequence), 0) from public.worker_journals where journal = %s"
        return self._query(query, self._look("select value from meta where name = 'journal'"))

    def _last(self) -> int:
        return int(self._look("select value from meta where name = 'last'"))

    def _look(self, query: str) -> Any:
        with closing(sqlite3.connect(self._state / "journal.sqlite3")) as journal:
            return journal.execute(query).fetchone()[0]

    def _query(self, query: str, *values: Any) -> int:
        with psycopg.connect(self._url) as database:
            found = database.execute(query, values).fetchone()
        return 0 if found is None else int(found[0])

    def _run(self, query: Any) -> None:
        with psycopg.connect(self._url) as database:
            database.execute(query)
