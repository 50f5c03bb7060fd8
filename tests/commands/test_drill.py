"""`manage.py drill` as it is run beside a desk: the simulator plays, a supervisor reacts, and hears how well."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from calls.management.drilling import judged, scripts
from calls.models import Agent, Call, Drill
from tests.control.floor import Desk, Floor, opened, until
from tests.guards import patience
from tests.services import ROOT


@pytest.fixture
def floor(rows: None) -> Iterator[Floor]:
    with opened(1) as floor:
        yield floor


@pytest.fixture
def desk(floor: Floor) -> Desk:
    return floor.desks[0]


class Running:
    """The command, in a process of its own."""

    def __init__(self, floor: Floor, name: str, line: str) -> None:
        command = [sys.executable, "manage.py", "drill", name, "--line", line]
        streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        self.process = subprocess.Popen(command, cwd=ROOT, env=floor.server.environment, **streams)

    def said(self) -> str:
        """Everything, once it is over."""
        out, _ = self.process.communicate(timeout=patience(90))
        return " ".join(out.split())


def cued() -> Drill:
    """The drill, once somebody has raised a hand."""
    return until(Drill.objects.exclude(cued_at=None).select_related("call").first, "a hand is raised", within=40)


def shown(desk: Desk, path: str) -> Any:
    headers = {"Cookie": f"sessionid={desk.sessions['']}", "Accept": "application/json"}
    answer = desk.browser.get(f"{desk.floor.server.url}{path}", headers=headers, timeout=30)
    assert answer.status_code == 200
    return answer.json()


def test_who_looks_and_ends_an_abusive_call_is_told_that_it_was_right(floor, desk):
    running = Running(floor, "abusive caller", f"Line {desk.line}")
    until(lambda: Drill.objects.filter(call__status="talking").exists(), "the caller talks with an agent", within=40)
    assert shown(desk, "/drills/now/") == {"drill": None}  # nobody is told before the hand is raised
    drill = cued()
    told = shown(desk, "/drills/now/")["drill"]
    assert "raises a hand" in told["cue"] and not told["over"]
    shown(desk, f"/calls/{drill.call_id}/")
    desk.does(drill.call, "end", target="call")

    said = running.said()
    assert running.process.returncode == 0
    assert "Super1: end, confirmed." in said.replace("super1", "Super1")
    assert "the caller was served. Noticed after" in said
    assert "Right: end. The effect was seen" in said
    drill.refresh_from_db()
    assert (drill.outcome, drill.verb, drill.noticed_by.username) == ("served", "end", "super1")
    assert drill.score >= 60 and f"{drill.score} of 100" in said
    assert shown(desk, "/drills/now/")["drill"]["score"] == drill.score


def test_who_hangs_up_on_a_distressed_caller_loses_them_and_reads_what_would_have_been_better(floor, desk):
    Agent.objects.update(state=Agent.State.AVAILABLE)  # two ordinary callers come as well
    running = Running(floor, "distressed caller", f"Line {desk.line}")
    desk.does(cued().call, "end", target="call")
    said = running.said()
    assert "the caller was lost." in said
    assert "Wrong: end. Who hangs up on somebody in distress loses them" in said


def test_when_nobody_does_anything_the_caller_is_lost_and_nobody_noticed(floor, desk):
    said = Running(floor, "wrong department", f"Line {desk.line}").said()
    assert "0 of 100, the caller was lost. Nobody opened the call. Nothing was done." in said
    # The row says for ever that this was no real caller.
    assert Call.objects.exclude(drill=None).get().from_number == scripts()["wrong department"].caller


def test_alone_it_lists_what_there_is(rows, run):
    said, failed = run("drill")
    assert failed == ""
    assert {"distressed caller", "abusive caller", "wrong department"} == set(scripts())
    assert all(name in said for name in scripts())


def test_a_name_that_there_is_not_is_answered_with_those_that_there_are(rows, run):
    said, failed = run("drill", "fire alarm")
    assert failed.startswith("There is no drill 'fire alarm'; there are: abusive caller, distressed caller")


@pytest.mark.parametrize("url", ["https://api.twilio.com", "https://api.dublin.ie1.twilio.com"])
def test_at_the_real_twilio_there_are_no_drills(rows, run, settings, url):
    settings.TWILIO_API_URL = url
    said, failed = run("drill", "distressed caller")
    assert "is Twilio itself" in failed and "never on a desk that real callers reach" in failed
    assert not Drill.objects.exists()


def test_without_a_simulator_it_says_so(line, run, settings):
    settings.TWILIO_API_URL = "http://127.0.0.1:9"
    said, failed = run("drill", "distressed caller")
    assert failed.startswith("No simulator answers at http://127.0.0.1:9 ")


def test_one_drill_at_a_time(account, line, run):
    Drill.objects.create(name="Distressed caller", team=line.team, started_at=timezone.now())
    said, failed = run("drill", "abusive caller")
    assert failed.startswith("A drill is on already: Distressed caller")


# noticed after, the verb that counts, the wrong one before it, served → points
@pytest.mark.parametrize(
    ("noticed", "verb", "wrong", "served", "points"),
    [
        (3.0, "transfer", "", True, 100),
        (10.0, "transfer", "", True, 100),
        (25.0, "transfer", "", True, 80),
        (40.0, "transfer", "", True, 60),
        (3.0, "transfer", "announce", True, 80),
        (3.0, "transfer", "", False, 80),
        (3.0, "end", "end", False, 40),
        (3.0, "", "", False, 40),
        (None, "", "", False, 0),
    ],
)
def test_points_are_for_noticing_for_the_right_verb_and_for_the_caller(noticed, verb, wrong, served, points):
    score, remarks = judged(scripts()["distressed caller"], noticed, verb, wrong, served=served)
    assert score == points
    assert len(remarks) >= 3


def test_every_wrong_verb_is_answered_with_a_better_one():
    for script in scripts().values():
        assert {*script.right, *script.instead} == {"transfer", "announce", "redirect", "end", "nothing"}
        assert not {*script.right} & {*script.instead}


def test_the_document_lists_every_drill_as_it_is():
    text = (ROOT / "docs" / "drills.md").read_text()
    for name, script in scripts().items():
        assert f"| {name} | {script.about} | {', '.join(script.right)} |" in text
