"""The guards guard."""

import os
import random
import socket
from pathlib import Path

import pytest

from tests.guards import name_of

pytest_plugins = ["pytester"]


@pytest.fixture
def elsewhere(pytester, monkeypatch):
    """A pytest of its own, with the guards and nothing else of ours."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parent.parent))
    pytester.makeini("[pytest]\naddopts = -p no:django -p tests.guards")
    return pytester


@pytest.mark.parametrize(
    "leave",
    [
        "socket.create_connection(('192.0.2.1', 80), 1)",
        "socket.getaddrinfo('api.example.com', 443)",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "urllib.request.urlopen('http://198.51.100.7/', timeout=1)",
    ],
)
def test_who_leaves_the_machine_fails_even_when_the_code_catches_it(elsewhere, leave):
    elsewhere.makepyfile(
        "import contextlib, socket, urllib.request\n"
        f"def test_quiet():\n    with contextlib.suppress(OSError):\n        {leave}\n"
    )
    outcome = elsewhere.runpytest_subprocess()
    outcome.stdout.fnmatch_lines(["*tried to leave this machine*"])
    outcome.assert_outcomes(passed=1, errors=1)


def test_loopback_and_unix_sockets_are_home(tmp_path):
    for family, address in ((socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_UNIX, str(tmp_path / "s"))):
        with socket.socket(family) as server, socket.socket(family) as client:
            server.bind(address)
            server.listen()
            client.connect(server.getsockname())


def test_the_same_seed_rolls_the_same_dice(rng, request):
    assert rng.random() == random.Random(f"{request.config.option.seed} {name_of(request.node)}").random()


def test_a_failing_test_says_its_seed(elsewhere):
    elsewhere.makepyfile("def test_luck(rng):\n    assert rng.random() > 1\n")
    outcome = elsewhere.runpytest_subprocess("--seed", "7")
    outcome.stdout.fnmatch_lines(["*repeat it with: pytest '*test_luck' --seed 7"])


def test_two_tests_that_load_the_machine_never_run_at_once_and_repeat_under_their_own_names(elsewhere, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    elsewhere.makeini("[pytest]\nmarkers = load\naddopts = -p no:django -p tests.services -p tests.guards")
    elsewhere.makepyfile(
        "import os, pytest\n"
        "@pytest.mark.load\n@pytest.mark.parametrize('number', range(8))\n"
        "def test_load(number, rng):\n"
        "    print(os.environ['PYTEST_XDIST_WORKER'], file=open('workers', 'a'))\n"
        "    assert number\n"
    )
    outcome = elsewhere.runpytest_subprocess("-n", "2", "--dist", "loadgroup", "--seed", "7")
    outcome.assert_outcomes(passed=7, failed=1)
    assert len(set((elsewhere.path / "workers").read_text().split())) == 1
    outcome.stdout.fnmatch_lines(["*repeat it with: pytest '*test_load[[]0]' --seed 7"])


def test_a_developers_own_settings_do_not_leak_in():
    assert os.environ["TWILIO_AUTH_TOKEN"] == "token-now,token-next"
