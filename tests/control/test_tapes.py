"""While cards are read aloud: sixty ways in which a pause, or its end, can go wrong. The desk never says *paused*
unless Twilio has said so since; it asks three times in five seconds and no more; and the audit has all of it."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from calls.control import asking, perform
from calls.control.verbs import insist
from calls.floor import outcomes
from calls.live.beside import beside
from calls.models import Action, Audit, Call, Tap
from calls.twilio import gateway
from tests.control.aftermath import goes_on
from tests.control.conftest import Rest
from tests.guards import patience

RE = "RE" + "7" * 32
FASTER = 4  # than in life, so that three tries take 1.2 s
SILENT = patience(0.6)  # seconds: longer than a try waits
PAUSED, SAYS_SO = "paused", "Assume that it still records, and stop the card talk."


class Tape:
    """The recording, at Twilio. `posts`: what becomes of each request, the last of them of all that follow; `gets`: of
    each look."""

    def __init__(self, call: Call) -> None:
        self.leg = call.legs.get(role="caller").pk
        self.status, self.posts, self.gets = "in-progress", ["done"], ["true"]
        self.asked: list[tuple[float, str]] = []
        self.late: list[threading.Timer] = []
        self.looked: str = ""  # what the last look was told

    @property
    def resource(self) -> dict[str, Any]:
        return {"sid": RE, "call_sid": self.leg, "status": self.status, "source": "StartCallRecordingAPI"}

    def says_of(self, sid: str) -> Any:
        if "/" not in sid:
            return 200, {"sid": sid, "status": "in-progress", "from": "+14155550177", "to": "+15550100100"}
        how = self.gets.pop(0) if len(self.gets) > 1 else self.gets[0]
        if how != "true":
            return None if how == "reset" else (int(how), {"code": 20404, "message": "No.", "status": int(how)})
        self.looked = self.status
        return 200, self.resource

    def asked_for(self, sid: str, form: dict[str, str]) -> Any:
        how = self.posts.pop(0) if len(self.posts) > 1 else self.posts[0]
        self.asked.append((time.monotonic(), form["Status"]))
        if form["Status"] != PAUSED:
            self.looked = ""  # whatever was seen before says nothing of afterwards
        if "done" in how:
            self.status = form["Status"]
        if how == "late":
            self.late.append(threading.Timer(2 * SILENT, setattr, (self, "status", form["Status"])))
            self.late[-1].start()
        if how in ("silent", "late", "done, silent"):
            time.sleep(SILENT)
        if how in ("done", "a lie"):
            return 200, self.resource | {"status": form["Status"]}
        number = how.removeprefix("done, ").partition("/")
        if not number[0].isdecimal():
            return None
        status, code = int(number[0]), int(number[2] or 0)
        return status, {"code": code, "message": "Not now", "status": status}


@pytest.fixture
def tape(dana_call: Call, rest: Rest, twilio: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tape]:
    """Dana talks to Ana, and it is recorded."""
    tape = Tape(dana_call)
    rest.always, rest.says_of = tape.asked_for, tape.says_of
    said = {"CallSid": tape.leg, "RecordingSid": RE, "RecordingStatus": "in-progress"}
    assert twilio.post(f"/twilio/recording/?call={dana_call.pk}", said).status_code == 204
    monkeypatch.setattr(insist, "SLOT", patience(insist.SLOT / FASTER))
    monkeypatch.setattr(insist, "ANSWER", patience(insist.ANSWER / FASTER))
    monkeypatch.setattr(gateway, "DEADLINE", patience(gateway.DEADLINE / FASTER))
    yield tape
    for one in tape.late:
        one.join()


@pytest.fixture
def desk(dana_call: Call, tape: Tape, supervisors: list[Any], wish: Callable[..., Any], monkeypatch: Any) -> Any:
    """What it says is held against the truth whenever anything was written down."""
    lies: list[str] = []

    def word() -> str:
        taps = list(Tap.objects.filter(leg__call=dana_call, ended_at=None))
        return str(beside(taps, list(Action.objects.filter(call=dana_call))).get("recording", ""))

    def watched(module: Any, name: str) -> None:
        step = getattr(module, name)

        def then(*args: Any, **kwargs: Any) -> Any:
            done = step(*args, **kwargs)
            if word() == PAUSED and tape.looked != PAUSED:
                lies.append(f"paused, after {name}: nobody has seen that")
            return done

        monkeypatch.setattr(module, name, then)

    for module, name in ((perform, "move"), (perform, "take_in"), (asking, "take_in"), (perform, "conclude")):
        watched(module, name)

    def press(verb: str) -> Action:
        wish(supervisors[0], dana_call, verb)
        return Action.objects.filter(verb=verb).latest("requested_at")

    return SimpleNamespace(word=word, press=press, lies=lies)


def audit_is_complete(action: Action, tape: Tape, asked: int) -> None:
    """Each request that left has its line, and the end is that of the action."""
    steps = list(Audit.objects.filter(action_id=action.pk).order_by("id").values_list("what", flat=True))
    assert steps[0] == "action.requested"
    assert steps[-1] == f"action.{action.state}"
    assert Counter(steps)["action.sending"] == asked == action.attempt


# What Twilio does with the requests; what is told within five seconds; and after a minute: how the desk's word ends.
OPEN, DONE = "unknown", "confirmed"
HOWS = {
    ("done",): DONE,
    ("done, reset",): DONE,
    ("done, 500",): DONE,
    ("done, silent",): DONE,
    ("reset", "done"): DONE,
    ("500", "reset", "done"): DONE,
    ("silent", "done"): DONE,
    ("429/20429", "done"): DONE,
    ("408/0", "done"): DONE,
    ("409/20409", "done"): DONE,
    ("reset",): OPEN,
    ("500",): OPEN,
    ("silent",): OPEN,
    ("408/0",): OPEN,
    ("a lie",): OPEN,
    ("late",): OPEN,
    ("400/20001",): "failed",
    ("401/20003",): "failed",
    ("400/21220",): "failed",
    ("400/16108",): "failed",
}


@pytest.mark.parametrize("looks", ["true", "reset"], ids=["and looks are answered", "and looks are not"])
@pytest.mark.parametrize(("posts", "state"), HOWS.items(), ids=[", then ".join(posts) for posts in HOWS])
def test_a_pause_is_shown_when_it_was_seen_and_not_before(
    tape: Tape, desk: Any, clock: Any, posts: tuple[str, ...], state: str, looks: str
) -> None:
    tape.posts, tape.gets = list(posts), [looks]
    action = desk.press("pause")
    seen = looks == "true"
    # Where no look is answered nothing can be confirmed, and what was refused is refused all the same.
    wanted = OPEN if state == DONE and not seen else state
    assert action.state in (wanted, DONE if posts == ("late",) and seen else wanted), action.message
    assert (desk.word() == PAUSED) == (action.state == DONE)
    if action.state != DONE:
        assert action.message.endswith(SAYS_SO)
    asked = [at for at, _ in tape.asked]
    assert len(asked) <= insist.TRIES
    assert asked[-1] - asked[0] < patience(5 / FASTER)
    audit_is_complete(action, tape, len(asked))

    tape.gets = ["true"]  # and Twilio can be asked again
    for late in tape.late:
        late.join()
    action = goes_on(action, clock)
    assert not action.open
    truth = PAUSED if tape.status == PAUSED else "recording"
    assert desk.word() == (truth if action.state != "failed" else "recording")
    assert len(tape.asked) <= insist.TRIES
    assert desk.lies == []


RESUMES = {
    ("done",): "recording",
    ("done, reset",): "recording",
    ("done, 500",): "recording",
    ("reset", "done"): "recording",
    ("reset",): "recording",
    ("500",): "recording",
    ("late",): "recording",
    ("a lie",): "recording",
    ("400/20001",): PAUSED,
    ("400/21220",): PAUSED,
}


@pytest.mark.parametrize("again", [False, True], ids=["", "and it is paused again at once"])
@pytest.mark.parametrize(("posts", "word"), RESUMES.items(), ids=[", then ".join(posts) for posts in RESUMES])
def test_who_lets_a_recording_go_on_does_not_see_it_paused_unless_it_surely_is(
    tape: Tape, desk: Any, clock: Any, posts: tuple[str, ...], word: str, again: bool
) -> None:
    assert desk.press("pause").state == DONE
    tape.posts = list(posts)
    resume = desk.press("resume_recording")
    assert desk.word() == word, resume.message
    if again:
        tape.posts = ["done"]
        pause = desk.press("pause")
        resume.refresh_from_db()
        # It may have been on its way, and then a look in between proves nothing.
        assert resume.state in (DONE, "failed", "overtaken")
        assert (desk.word() == PAUSED) == (resume.state != "overtaken"), pause.message
    for late in tape.late:
        late.join()
    action = goes_on(pause if again and pause.open else resume, clock)
    assert not action.open
    outcomes.follow_up()
    assert desk.word() != PAUSED or tape.status == PAUSED
    assert desk.lies == []
    if not again:
        audit_is_complete(action, tape, sum(status != PAUSED for _, status in tape.asked))
