"""Running the server: checks, data folder, migrations, first start, workers, and the web server itself."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from panewall_server import checks
from panewall_server.conf import Config

log = logging.getLogger(__name__)

#: PostgreSQL's number of the lock that a server without Redis holds as long as it runs.
SERVER_LOCK = 0x70616E66
#: Time within which a database and Redis have to answer at the start.
ANSWER_S = 4
#: And within which requests that are broken off have to end.
BREAK_OFF_S = 3.0
#: For so long the start waits until the tables of crowded workspaces are loaded: a hundred thousand envs take half a second.
TABLES_S = 2.0


def serve(kind: Literal["daphne", "uvicorn"]) -> int:
    """Serve until told to stop. Returns the exit code."""
    try:
        config = Config()
    except ValidationError:
        config = None
    _, found = checks.examine()
    if found or config is None:
        for problem in found:
            print(f"panewall-server: {problem}", file=sys.stderr)
        return 2
    lock: Any = None
    if config.is_embedded:
        try:
            lock = hold_database(config.database_url) if config.database_url else hold(config.data_dir)
        except OSError as error:
            return _unreachable(error)
        if lock is None:
            print(_taken(config), file=sys.stderr)
            return 3
    else:
        try:
            knock(config)
        except OSError as error:
            return _unreachable(error)
    port = find_port(config.host, config.port)
    if port is None:
        print(
            f"panewall-server: {config.host}:{config.port} is taken. Name another port with --port.",
            file=sys.stderr,
        )
        return 4
    if kind == "daphne":
        import daphne.server  # noqa: F401  installs the Twisted reactor before anything else can
    try:
        prepare()
    except OSError as error:
        return _unreachable(error)
    run = _run_uvicorn if kind == "uvicorn" else _run_daphne
    workers = Workers(config)
    broken = threading.Event()

    def announce() -> None:
        try:
            _announce(config, port, workers)
        except Exception:
            log.exception("The server could not be set up.")
            broken.set()
            os.kill(os.getpid(), signal.SIGTERM)

    try:
        run(config, port, announce)
    finally:
        workers.stop()
        from apps.windows.write import stop_committer

        stop_committer()
        if lock is not None:
            lock.close()
    return 1 if broken.is_set() else 0


def _taken(config: Config) -> str:
    if config.database_url:
        return "panewall-server: another server uses this database. Stop it; or make both a cluster, with PANEWALL_REDIS_URL."
    return (
        f"panewall-server: another server uses the data folder {config.data_dir}. Stop it, or name another folder with"
        " --data-dir."
    )


def _unreachable(error: OSError) -> int:
    what = "Redis" if isinstance(error, RedisAway) else "the database"
    name = "PANEWALL_REDIS_URL" if isinstance(error, RedisAway) else "PANEWALL_DATABASE_URL"
    print(f"panewall-server: {what} cannot be reached ({name}): {error}", file=sys.stderr)
    return 5


class RedisAway(ConnectionError):
    """Redis does not answer."""


def knock(config: Config) -> None:
    """A cluster's database and Redis answer. Asked plainly: pools and clients would try for half a minute.

    Raises:
        ConnectionError: one of them does not, and which.
    """
    import psycopg
    import redis

    try:
        psycopg.connect(config.database_url, connect_timeout=ANSWER_S).close()
    except psycopg.OperationalError as error:
        raise ConnectionError(str(error).strip()) from error
    try:
        with redis.Redis.from_url(
            config.redis_url, socket_connect_timeout=ANSWER_S, socket_timeout=ANSWER_S
        ) as asked:
            asked.ping()
    except (redis.RedisError, OSError) as error:
        raise RedisAway(str(error)) from error


def prepare() -> None:
    """Django set up and the database at the newest migration.

    Raises:
        ConnectionError: the database does not answer.
    """
    import django
    from django.core.management import call_command
    from django.db import OperationalError, connections

    django.setup()
    from apps.accounts.migrating import one_at_a_time

    try:
        with one_at_a_time():
            call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        if connections["default"].vendor != "postgresql":
            raise
        raise ConnectionError(str(error).strip()) from error
    connections.close_all()


def hold(data_dir: Path) -> Any | None:
    """The folder's lock, held while the returned file is open; None if another server has it."""
    import fcntl

    file = open(data_dir / "server.lock", "a")  # noqa: SIM115  it lives as long as the process
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def hold_database(url: str) -> Any | None:
    """The same for PostgreSQL without a cluster: a lock that lives as long as the connection returned.

    Raises:
        ConnectionError: the database does not answer.
    """
    import psycopg

    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=ANSWER_S)
        [is_ours] = connection.execute("SELECT pg_try_advisory_lock(%s)", [SERVER_LOCK]).fetchone() or [False]
    except psycopg.OperationalError as error:
        raise ConnectionError(str(error).strip()) from error
    if is_ours:
        return connection
    connection.close()
    return None


def find_port(host: str, port: int) -> int | None:
    """The port to listen on; 0 becomes a free one. None if it is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return None
        return probe.getsockname()[1]


def _announce(config: Config, port: int, workers: "Workers") -> None:
    """Say where the server is, and on a first start how to get in; around that load what is slow at first. Runs in a thread of its own."""
    from django.db import connections

    from apps.accounts import services
    from apps.accounts.migrating import one_at_a_time
    from apps.runs import looking
    from apps.windows.write import committer

    shown = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host
    url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}{config.base_url}"
    public = f"{config.public_url}{config.base_url}" if config.public_url else url
    if not config.readonly:
        with one_at_a_time():
            first = services.first_start(config)
        if config.is_embedded:
            services.ensure_local_credentials(url)
        if first is not None and first.sign_in_path:
            print(
                f"Sign in as {first.username} with this link, good once: {public}{first.sign_in_path}",
                flush=True,
            )
        if first is not None and first.is_new:
            _offer_visdom()
    if config.open_local:
        log.warning(
            "--open-local: any program on this machine, whoever runs it, acts as the owner on the visdom wire."
        )
    committer()
    workers.start()
    try:
        loaded = looking.load_tables(until=time.monotonic() + TABLES_S)
        log.debug("runs tables loaded ahead: %d", len(loaded))
    except Exception:
        log.exception("Runs tables could not be loaded ahead; the first look at each will.")
    # What start-up made stays for good: the collector need not look at it again, in the middle of somebody's append.
    gc.collect()
    gc.freeze()
    print(f"Panewall is ready at {url}", flush=True)
    try:
        # And the tables that the time before was too short for.
        looking.load_columns(looking.load_tables())
    except Exception:
        log.exception("Columns of runs tables could not be loaded ahead; the first look at each will.")
    connections.close_all()


def _offer_visdom() -> None:
    """Somebody who comes from visdom has their envs in a folder. Nothing is taken without being told to."""
    from apps.visdom.folder import HOME, env_files

    if found := env_files(HOME.expanduser()):
        print(
            f"There are {len(found)} envs of visdom in {HOME}. To bring them in: panewall-server import-visdom {HOME}",
            flush=True,
        )


def _in_a_thread(announce: Callable[[], None]) -> None:
    threading.Thread(target=announce, name="start", daemon=True).start()


def _run_daphne(config: Config, port: int, announce: Callable[[], None]) -> None:
    from panewall_server import limited
    from panewall_server.asgi import application

    limited.install()
    host = config.host.replace(":", r"\:")
    limited.Server(
        application=application,
        endpoints=[f"tcp{'6' if ':' in config.host else ''}:port={port}:interface={host}"],
        verbosity=0,
        websocket_timeout=-1,
        websocket_max_message_size=config.limits.frame_bytes,
        websocket_max_frame_size=config.limits.frame_bytes,
        application_close_timeout=5,
        server_name="panewall",
        ready_callable=lambda: _in_a_thread(announce),
    ).run()
    _end_what_runs()


def _end_what_runs() -> None:
    """Break off what the loop still had at work when it was stopped. Threads of requests wait for the loop, and the process for them."""
    from daphne.server import twisted_loop

    twisted_loop.set_exception_handler(lambda *_: None)  # of what is broken off nobody is left to hear
    tasks = asyncio.all_tasks(twisted_loop)
    for task in tasks:
        task.cancel()
    if tasks:
        twisted_loop.run_until_complete(asyncio.wait(tasks, timeout=BREAK_OFF_S))


def _run_uvicorn(config: Config, port: int, announce: Callable[[], None]) -> None:
    import uvicorn

    from panewall_server import uvicorn_ends
    from panewall_server.asgi import application

    # Uvicorn raises the signal that stopped it once more; the process then still has workers to end.
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: None)

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            _in_a_thread(announce)

    server = Server(
        uvicorn.Config(
            application,
            host=config.host,
            port=port,
            http=uvicorn_ends.Connection,
            log_config=None,
            log_level="debug" if config.log_level == "debug" else "warning",
            access_log=False,
            ws_max_size=config.limits.frame_bytes,
            ws_per_message_deflate=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )
    server.run()


class Beat(threading.Thread):
    """Celery's beat as a thread that ends when it is told to; Celery's own first sleeps until the next task is due."""

    STOP_S = 2.0

    def __init__(self, schedule: Path) -> None:
        super().__init__(name="beat", daemon=True)
        self._schedule = schedule
        self._told_to_stop = threading.Event()

    def run(self) -> None:
        from celery.beat import PersistentScheduler

        from panewall_server import celery_app

        celery_app.set_current()
        scheduler = PersistentScheduler(app=celery_app, schedule_filename=str(self._schedule))
        try:
            while not self._told_to_stop.wait(scheduler.tick()):
                pass
        finally:
            scheduler.close()

    def stop(self) -> None:
        """End it, and wait until what it remembers is written down."""
        self._told_to_stop.set()
        self.join(self.STOP_S)


def _leave_logging(**_: object) -> None:
    """Told by Celery before it would set up logging, which it leaves be where anybody listens."""


class Workers:
    """Celery's worker and beat as threads of this process, in the embedded shape."""

    STOP_S = 6.0

    def __init__(self, config: Config) -> None:
        self._wanted = config.worker == "threads" and config.is_embedded and not config.readonly
        self._is_alone = not config.database_url
        self._folder = config.data_dir
        self._beat: Beat | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if not self._wanted:
            return
        import celery.worker.state
        from celery.signals import setup_logging

        from panewall_server import celery_app

        celery.worker.state.should_stop = None
        # A worker with a process of its own arranges how that logs; here it is the server's matter.
        setup_logging.connect(_leave_logging, weak=False)
        # Tasks come as JSON from this very process, so it may be root's.
        warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
        worker = celery_app.Worker(
            pool="threads",
            concurrency=4,  # one may be busy with videos for long, one with pictures
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
            quiet=True,
            redirect_stdouts=False,
        )
        self._thread = threading.Thread(target=worker.start, name="worker", daemon=True)
        self._thread.start()
        if self._is_alone:
            from apps.jobs import services

            services.recover()
        self._beat = Beat(self._folder / "schedule")
        self._beat.start()

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """End both. A task at work has a few seconds; what it has not committed then is done again after a start."""
        if self._thread is None or self._beat is None:
            return
        import celery.worker.state

        from apps.jobs import transport

        celery.worker.state.should_stop = 0
        with transport.nobody_waits():
            self._beat.stop()
            self._thread.join(self.STOP_S)
        if not self._thread.is_alive():
            celery.worker.state.should_stop = None  # or nothing else that works in this process would begin
