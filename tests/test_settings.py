"""A setting is in the code, in `.env.example` and in the README, or in none of them."""

import re
from pathlib import Path

import pytest

from calls.management.commands.demo import Demo
from tests.services import SETTINGS

ROOT = Path(__file__).resolve().parent.parent


def read_by_the_code() -> set[str]:
    source = "".join(path.read_text() for path in ROOT.glob("callcenter/**/*.py"))
    names = re.findall(r"""(?:\benv(?:\.\w+)?|\bsecret)\(\s*["']([A-Z_]+)["']""", source)
    return {name for name in names if not name.startswith("TEST_")}


def in_the_example() -> set[str]:
    return set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def in_the_readme() -> set[str]:
    table = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    first_cells = [row.split("|")[1] for row in table.splitlines() if row.startswith("|")]
    return set(re.findall(r"`([A-Z_]+)`", " ".join(first_cells)))


@pytest.mark.parametrize("place", [in_the_example, in_the_readme], ids=[".env.example", "README"])
def test_every_setting_is_written_down_and_nothing_else_is(place):
    assert place() == read_by_the_code()


def test_the_tests_and_the_demo_leave_no_setting_to_the_shell():
    assert set(SETTINGS) == read_by_the_code()
    assert set(Demo(port=1, simulator_port=2).settings()) == read_by_the_code()


def test_no_secret_has_a_default():
    example = (ROOT / ".env.example").read_text()
    for name in ("SECRET_KEY", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        assert f"\n{name}=\n" in example


def test_the_lock_of_the_tests_holds_the_lock_of_the_program():
    pins = [set(re.findall(r"^(\S+==\S+)", (ROOT / name).read_text(), re.MULTILINE)) for name in LOCKS]
    assert pins[0] and pins[0] < pins[1]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_has_hashes_and_names_no_index(name):
    lock = (ROOT / name).read_text()
    assert "--index-url" not in lock and "://" not in lock
    assert lock.count("==") <= lock.count("--hash=sha256:")


LOCKS = ("requirements.txt", "requirements-dev.txt")
