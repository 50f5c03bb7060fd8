"""What docs/simulator.md says of tests is so: its examples run, and its table names what there is."""

import subprocess
import sys

from simulator.testing import RunningSimulator

from .documented import PAGE, examples, section

WHOLE, INBOUND = examples("python", "In tests")


def test_the_test_of_the_page_passes(tmp_path):
    (tmp_path / "test_of_the_page.py").write_text(WHOLE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(tmp_path)]
    ran = subprocess.run(command, cwd=PAGE.parents[1], capture_output=True, text=True, timeout=120, check=False)
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr


def test_so_does_what_it_says_of_a_caller(application):
    application.says("/voice/", "<Gather input='speech' timeout='60' action='/said/'/>")
    application.says("/said/", "<Hangup/>")
    exec(INBOUND, {"url": f"{application.url}/voice/"})  # noqa: S102 - the page is ours
    assert [asked["SpeechResult"] for asked in application.at("/said/")] == ["I lost my card"]


def test_the_table_names_all_that_a_running_simulator_offers():
    with RunningSimulator() as twilio:
        offered = {name for name in dir(twilio) if not name.startswith("_")}
    table = section("In tests")
    assert sorted(name for name in offered if f"`{name}`" not in table and f"`{name}(" not in table) == []
