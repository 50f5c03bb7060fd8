"""What holds for every test: nothing leaves this machine, chance can be repeated, figures know where they run."""

import ipaddress
import os
import random
import sys
from collections.abc import Iterator
from typing import Any

import pytest

SOAK = bool(os.environ.get("SOAK"))
PATIENT = os.environ.get("CI") == "true"


def figure(whole: int, *, least: int = 1) -> int:
    """How often: the whole figure in a soak (`make soak`), a tenth of it otherwise."""
    return whole if SOAK else max(least, whole // 10)


def patience(seconds: float) -> float:
    """How long at most: twice as long where other work shares the cores (CI)."""
    return seconds * 2 if PATIENT else seconds


# Chance -------------------------------------------------------------------------------------------------------------
def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("livedesk").addoption("--seed", type=int, help="repeat the chance of an earlier run")


def pytest_configure(config: pytest.Config) -> None:
    worker = getattr(config, "workerinput", None)
    if worker:
        config.option.seed = worker["seed"]
    elif config.option.seed is None:
        config.option.seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["seed"] = node.config.option.seed


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.option.seed}{' (soak: whole figures)' if SOAK else ''}"


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Chance of this test's own: the same for the same seed, whatever runs before it."""
    return random.Random(f"{request.config.option.seed} {name_of(request.node)}")


def name_of(item: pytest.Item) -> str:
    """As one types it: without the group that a worker of xdist writes behind it."""
    name, _, group = item.nodeid.rpartition("@")
    return name if name and "]" not in group else item.nodeid


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed and "rng" in getattr(item, "fixturenames", ()):
        report.sections.append(("seed", f"repeat it with: pytest '{name_of(item)}' --seed {item.config.option.seed}"))
    return report


# Egress -------------------------------------------------------------------------------------------------------------
class Egress(ConnectionRefusedError):
    """Refused here, as a machine without a network would; the test fails even if somebody catches it."""


refused: list[str] = []


def is_here(host: Any) -> bool:
    if host is None or host in ("", b"", "localhost", b"localhost", "0.0.0.0", "::"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


def watch(event: str, args: tuple[Any, ...]) -> None:
    """An audit hook, not a patch of `socket`: it sees every Python socket, whoever imported what, and in any thread."""
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        away = isinstance(address, tuple) and not is_here(address[0])
    elif event == "socket.getaddrinfo":
        address = args[:2]
        away = not is_here(args[0])
    else:
        return
    if away:
        refused.append(f"{event} {address!r}")
        raise Egress(f"A test may not leave this machine: {event} {address!r}")


sys.addaudithook(watch)


@pytest.fixture(autouse=True)
def stays_here() -> Iterator[None]:
    refused.clear()
    yield
    if refused:
        pytest.fail(f"tried to leave this machine: {'; '.join(refused)}")
