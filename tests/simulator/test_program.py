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
from simulator.settings import WrongSetting

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
    program = start("--port", "0", "--number", "+15005550100,voice=http://127.0.0.1:9/", "--traffic", "600")
    line = program.stdout.readline()
    url = line.split()[3].rstrip(",")
    assert line == f"simulator: listening on {url}, speed 1, seed 1\n"
    assert requests.get(f"{url}/sim/health", timeout=5).json()["status"] == "ok"
    began = time.monotonic()
    program.send_signal(ended_by)
    _, complaints = program.communicate(timeout=5)
    assert time.monotonic() - began < 2
    assert (program.returncode, complaints) == (0, "")


def test_a_taken_port_is_one_clear_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        program = start("--port", str(port))
        out, complaints = program.communicate(timeout=5)
    assert program.returncode == 2 and out == ""
    assert complaints == f"simulator: Cannot listen on 127.0.0.1:{port}: Address already in use.\n"


def test_help_names_the_doors():
    out, _ = start("--help").communicate(timeout=5)
    assert all(word in out for word in ("--speed", "--seed", "--traffic", "/sim/calls", "/sim/truth", "base_url"))
    assert all(word in out for word in ("/sim/faults", "reset_after", "silent_before", "not_applied", "drip"))


def test_the_command_line_goes_before_the_file_and_the_file_before_the_environment(tmp_path):
    file = tmp_path / "simulator.json"
    file.write_text(json.dumps({"auth_token": "from-file", "speed": 5, "behaviour": [{"who": "client:*", "after": 2}]}))
    environment = {"SIMULATOR_AUTH_TOKEN": "from-environment", "SIMULATOR_ACCOUNT_SID": "AC1"}
    settings = read(["--config", str(file), "--speed", "10", "--traffic", "30", "--lost", "0.5"], environment)
    assert (settings.auth_token, settings.account_sid, settings.speed) == ("from-file", "AC1", 10)
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
    ],
)
def test_a_wrong_setting_is_named(tmp_path, content, word):
    file = tmp_path / "simulator.json"
    file.write_text(content)
    with pytest.raises(WrongSetting) as wrong:
        read(["--config", str(file)], {})
    assert word in str(wrong.value)


def test_it_knows_nothing_of_the_application():
    listing = "import sys, simulator.cli, simulator.testing; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", listing], cwd=ROOT, capture_output=True, text=True, check=True, timeout=10
    ).stdout.split()
    assert not {name.split(".")[0] for name in loaded} & {"calls", "callcenter", "django", "twilio"}
