"""The program as one starts it: `python -m simulator`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from simulator.cli import read
from simulator.from_json import WrongSetting

ROOT = Path(__file__).resolve().parents[2]


def start(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("ended_by", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_stops_within_two_seconds(ended_by):
    program = start(
        "--port", "0", "--seed", "1", "--number", "+15005550100,voice=http://127.0.0.1:9/", "--traffic", "600"
    )
    line = program.stdout.readline()
    url = line.split()[3].rstrip(",")
    account = f"account AC{'0' * 32} with the default token"
    assert line == f"simulator: listening on {url}, {account}, speed 1, seed 1\n"
    assert requests.get(f"{url}/sim/health", timeout=5).json()["status"] == "ok"
    began = time.monotonic()
    program.send_signal(ended_by)
    _, complaints = program.communicate(timeout=5)
    assert time.monotonic() - began < 2
    assert (program.returncode, complaints) == (0, "")


def test_it_plays_a_scenario_and_says_which():
    program = start("--port", "0", "--scenario", "tv-spot", "--application", "http://127.0.0.1:9", "--speed", "50")
    line = program.stdout.readline()
    assert line.endswith("seed spot, scenario tv-spot\n")
    url = line.split()[3].rstrip(",")
    deadline = time.monotonic() + 10
    while not (calls := requests.get(f"{url}/sim/health", timeout=5).json()["calls"]) and time.monotonic() < deadline:
        time.sleep(0.05)
    program.terminate()
    _, complaints = program.communicate(timeout=5)
    assert calls and (program.returncode, complaints) == (0, "")


def test_a_taken_port_is_one_clear_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        program = start("--port", str(port))
        out, complaints = program.communicate(timeout=5)
    assert program.returncode == 2 and out == ""
    assert complaints == f"simulator: Cannot listen on 127.0.0.1:{port}: Address already in use.\n"


def test_each_start_has_a_seed_of_its_own_unless_somebody_says_one(tmp_path):
    file = tmp_path / "simulator.json"
    file.write_text('{"seed": 7}')
    assert len({read(["--speed", "max"], {}).seed for _ in range(9)}) > 1
    assert read(["--config", str(file)], {}).seed == "7"
    assert read(["--scenario", "tv-spot"], {}).seed == "spot"


def test_help_names_the_doors():
    out, _ = start("--help").communicate(timeout=5)
    assert all(word in out for word in ("--speed", "--seed", "--traffic", "/sim/calls", "/sim/truth", "base_url"))
    assert all(word in out for word in ("/sim/faults", "reset_after", "silent_before", "not_applied", "drip"))


def test_the_command_line_goes_before_the_file_and_the_file_before_the_environment(tmp_path):
    file = tmp_path / "simulator.json"
    file.write_text(json.dumps({"auth_token": "from-file", "speed": 5, "behaviour": [{"who": "client:*", "after": 2}]}))
    environment = {"SIMULATOR_AUTH_TOKEN": "from-environment", "SIMULATOR_ACCOUNT_SID": "AC" + "1" * 32}
    settings = read(["--config", str(file), "--speed", "10", "--traffic", "30", "--lost", "0.5"], environment)
    assert (settings.auth_token, settings.account_sid, settings.speed) == ("from-file", "AC" + "1" * 32, 10)
    assert (settings.traffic.calls_per_minute, settings.faults.callbacks.lost) == (30, 0.5)
    assert settings.behaviour[0].after == 2


def test_a_number_is_written_on_one_line_commas_in_its_urls_included():
    text = "+15005550100,name=Billing,voice=http://a/v/#rc=3&rp=ct,rt,5xx,status=http://a/s/#rp=ct,rt"
    (number,) = read(["--number", text], {}).numbers
    assert (number.phone_number, number.friendly_name) == ("+15005550100", "Billing")
    assert number.voice_url == "http://a/v/#rc=3&rp=ct,rt,5xx"
    assert number.status_callback == "http://a/s/#rp=ct,rt"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("[1]", "JSON object"),
        ("{", "is not JSON"),
        ('{"sped": 3}', "sped"),
        ('{"speed": "fast"}', "speed must be a float"),
        ('{"speed": 0}', "greater than 0"),
        ('{"numbers": [{"phone": "+1"}]}', "numbers[0]: there is no phone"),
        ('{"behaviour": [{}]}', "who"),
        ('{"account_sid": "AC123"}', "account_sid must be AC and 32 hexadecimal digits, not 'AC123'."),
        ('{"numbers": [{"phone_number": "15005550100"}]}', "numbers[0]: phone_number must be a + and digits"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, content, word):
    file = tmp_path / "simulator.json"
    file.write_text(content)
    with pytest.raises(WrongSetting) as wrong:
        read(["--config", str(file)], {})
    assert word in str(wrong.value)


def test_a_numbers_url_without_a_scheme_is_refused_at_the_start():
    program = start("--port", "0", "--number", "+15005550100,voice=127.0.0.1:5000/voice")
    out, complaints = program.communicate(timeout=5)
    assert (program.returncode, out) == (2, "")
    assert "numbers[0]: voice_url: '127.0.0.1:5000/voice' is not an absolute URL" in complaints


@pytest.mark.parametrize(("asked_for", "code"), [((), 0), (("--fail-on-errors",), 1)])
def test_a_run_that_is_over_says_what_it_was_like(asked_for, code):
    number = "+15005550100,voice=http://127.0.0.1:9/"
    arguments = ("--seed", "1", "--speed", "max", "--for", "300", "--traffic", "6", "--number", number)
    program = start("--port", "0", *arguments, *asked_for)
    out, complaints = program.communicate(timeout=30)
    said = dict(line.removeprefix("simulator: ").split(": ", 1) for line in out.splitlines()[1:])
    assert (program.returncode, complaints) == (code, "")
    assert set(said) == {"calls", "webhooks", "REST requests", "debugger"}
    assert "failed" in said["webhooks"] and "11205" in said["debugger"]
    assert said["REST requests"] == "0, refused: 0"


def test_it_knows_nothing_of_the_application():
    listing = "import sys, simulator.cli, simulator.testing; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", listing], cwd=ROOT, capture_output=True, text=True, check=True, timeout=10
    ).stdout.split()
    assert not {name.split(".")[0] for name in loaded} & {"calls", "callcenter", "django", "twilio"}


@pytest.mark.parametrize("package", ["aiohttp", "uvicorn"])
def test_without_its_packages_it_says_which(package):
    start = f"import sys, runpy; sys.modules['{package}'] = None; runpy.run_module('simulator', run_name='__main__')"
    ran = subprocess.run(
        [sys.executable, "-c", start], cwd=ROOT, capture_output=True, text=True, check=False, timeout=20
    )
    assert ran.returncode == 1
    needs = "What it needs: python -m pip install aiohttp uvicorn"
    assert ran.stderr.strip() == f"simulator: {package} is not installed. {needs}"
