"""Twilio's library for Node against the simulator: each file of node/ is an application's side of it.

The library comes from npm, pinned by node/package-lock.json, into var/; where there is no npm or no registry to be
reached, this is skipped loudly, and fails where every lane has to run.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from simulator.signature import sign, signed_url

from .conftest import ACCOUNT, NUMBER, TOKEN
from .documented import examples, here

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = sorted(HERE.joinpath("node").glob("*.test.cjs"))
OLDEST = 20  # the library's own word, in node/package.json

SIGNED: list[tuple[str, dict[str, str]]] = [
    ("https://example.com/x?foo=1&bar=2", {"CallSid": "CA1234567890ABCDE", "From": "+14158675310"}),
    ("https://example.com:8443/x", {"Digits": "1"}),
    ("http://example.com:8080/x", {"Digits": "1"}),
    ("https://dana:secret@example.com/x#rc=2&rp=all", {"Digits": "1"}),
    ("https://example.com/x?q=a%20b%27c", {"FromCity": "São Paulo", "FromState": ""}),
]
BODY = '{"a":1}'


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder node_modules of what the lock lists; made when it is not there yet."""
    lock = hashlib.sha256((HERE / "node" / "package-lock.json").read_bytes()).hexdigest()
    made = ROOT / "var" / f"npm-{lock[:12]}"
    if not made.exists():
        install(made)
    return made / "node_modules"


@pytest.fixture
def node(packages, twilio):
    """Runs a script of Node's, that knows the simulator by its environment."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        known = {"SIMULATOR": twilio.url, "ACCOUNT": ACCOUNT, "TOKEN": TOKEN, "NUMBER": NUMBER}
        environment = {**os.environ, **known, "NODE_PATH": str(packages), "SIGNED": json.dumps(list(signed()))}
        return subprocess.run(["node", *arguments], env=environment, capture_output=True, text=True, timeout=200)

    return run


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_application_for_node(node, file):
    done = node("--test", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize("example", examples("js"))
def test_the_documentations_examples_reach_it(node, twilio, example):
    ask = 'client.queues.create({ friendlyName: "reached" }).then((queue) => console.log(queue.maxSize));'
    assert node("--eval", here(example, twilio.url) + ask).stdout == "1000\n"


def install(made: Path) -> None:
    """Beside where it belongs first: a second run at the same time finds it whole or not at all."""
    if (words := missing()) is not None:
        not_checked(words)
    made.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made.parent, prefix="npm-", ignore_cleanup_errors=True) as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "node" / name, folder)
        command = "npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier".split()
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180)
        except subprocess.TimeoutExpired:
            not_checked("npm got no answer within 180 s")
        if done.returncode:
            not_checked(f"npm ci: {' '.join(done.stderr.split())[:300]}")
        with contextlib.suppress(OSError):  # the other run was first
            Path(folder).rename(made)


def missing() -> str | None:
    if not shutil.which("node") or not shutil.which("npm"):
        return "there is no node or no npm on the PATH"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    return (
        None if int(version.lstrip("v").split(".")[0]) >= OLDEST else f"node is {version.strip()}, {OLDEST} is needed"
    )


def not_checked(why: str) -> None:
    words = f"NOT CHECKED with Twilio's library for Node: {why}"
    if os.environ.get("LANES_REQUIRED"):
        pytest.fail(words)
    pytest.skip(words)


def signed():
    """What the simulator's own signer makes of URLs and parameters that are awkward."""
    for url, params in SIGNED:
        seen = re.sub(r"#.*|[^/]*@", "", url)
        yield {
            "token": TOKEN,
            "url": seen,
            "params": params,
            "signature": sign(TOKEN, signed_url(url), [*params.items()]),
        }
    url = f"https://example.com/x?bodySHA256={hashlib.sha256(BODY.encode()).hexdigest()}"
    yield {"token": TOKEN, "url": url, "body": BODY, "signature": sign(TOKEN, url)}
