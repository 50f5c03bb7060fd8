"""Wherever the process dies, the wish comes to an end, and the end is true.

Nine places: the four of an action's own life (recorded, claimed, answered, outcome written), the three of a report's
while Twilio's answer is recorded, one while the report that proves the wish is recorded, and one while it is followed
up (Twilio was read, and nothing written yet). The tail only reads; it dies among the real kills.
Each for every kind of wish, and both for a Twilio that did what was asked and one that did not. Where the process
dies before it asks, nothing can have been done: there the second time Dana hangs up by herself.
"""

import itertools
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener
from uuid import uuid4

import pytest
from django.db import connection

from calls import failpoints
from calls.floor import outcomes
from calls.floor.outcomes import NOT_STARTED
from calls.models import Action, Audit, Call
from tests.control.aftermath import as_twilio_has_it, goes_on, happened, in_time
from tests.control.conftest import ABSOLUTE, KINDS, some, they_talk
from tests.guards import figure
from tests.live.server import Server, signed_in

JSON = {"Accept": "application/json"}
ENDS = ("end", "end leg", "kick")  # true as well of who hangs up
BY_DOCUMENT = ("transfer", "announce", "redirect", "say")
BEFORE_ASKING = ("action.after_requested", "action.after_sending")
RECORDING_THE_ANSWER = ("intake.after_insert", "intake.before_commit", "intake.after_commit")
PROOF, LOOK = "intake.before_commit, of the proof", "reconcile.after_read"
POINTS = (*BEFORE_ASKING, "action.after_twilio", "action.after_outcome", *RECORDING_THE_ANSWER, PROOF, LOOK)
assert len(POINTS) == 9
AGAIN = ("action.after_sending", "action.after_twilio", "action.after_outcome", *RECORDING_THE_ANSWER)
SECONDS = (0, 14, 24, 38)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "point" in metafunc.fixturenames and "other" in metafunc.fixturenames:
        rows, kinds = itertools.product(POINTS, (True, False)), KINDS
        cases = [(point, kind, other) for (point, other), kind in some(metafunc.config, rows, kinds, 2)]
        cases = [case for case in cases if case[1] != "kick" or case[0] not in RECORDING_THE_ANSWER]  # it is a 204
        said = [f"{point}-{kind}-{'done' if other else 'not done'}" for point, kind, other in cases]
        metafunc.parametrize(("point", "kind", "other"), cases, ids=said)
    elif "point" in metafunc.fixturenames:
        kinds = list(itertools.product(ABSOLUTE, SECONDS))
        cases = [(point, kind, after) for point, (kind, after) in some(metafunc.config, AGAIN, kinds, 2)]
        cases = [case for case in cases if case[1] != "kick" or case[0] not in RECORDING_THE_ANSWER]
        metafunc.parametrize(("point", "kind", "after"), cases)


@pytest.fixture(autouse=True)
def nothing_stays_armed():
    yield
    failpoints.armed.clear()


def dies_at(point: str, work: Any) -> bool:
    """Does it get there? Whoever dies keeps no connection."""
    failpoints.armed[point.partition(",")[0]] = "raise"
    try:
        work()
    except failpoints.SimulatedCrash:
        connection.close()
        return True
    finally:
        failpoints.armed.clear()
    return False


def in_the_end(point: str, kind: str, *, other: bool, after: float = 0) -> tuple[set[str], bool]:
    """The states that are true, and whether it happened. `other`: Twilio did it; before that, Dana hung up. `after`:
    when it asks for the document: too late is never, for then ben has been told that it did not happen."""
    if point == "action.after_requested":
        return {"failed"}, other and kind in ENDS
    if point == "action.after_sending" and other:
        return ({"confirmed"}, True) if kind in ENDS else ({"failed"}, False)
    if kind in BY_DOCUMENT and after > NOT_STARTED.total_seconds():
        return {"failed"}, False
    if other or kind in ABSOLUTE:
        return {"confirmed"}, True
    return {"failed", "abandoned"}, False


def test_wherever_it_dies_the_wish_ends_and_the_end_is_true(
    client, account, fields, line_to, rest, clock, rng, point, kind, other
):
    call, caller, agent = line_to
    verb, form = fields(kind, agent)
    if not other and point not in BEFORE_ASKING:  # taken, and lost on the way; or the line breaks before it is taken
        answered = point in (*RECORDING_THE_ANSWER, PROOF) or rng.random() < 0.5
        rest.answers = [lambda sid, form: (200, account.resource(sid)) if answered else None]

    def press():
        return client.post(f"/calls/{call.pk}/{verb}/", {**form, "key": str(uuid4())}, headers=JSON)

    if point in (PROOF, LOOK):
        press()
    else:
        assert dies_at(point, press)
    action = Action.objects.get()
    asked = len(rest.asked)
    assert asked == (0 if point in BEFORE_ASKING else 1)
    if other and point in BEFORE_ASKING:
        account.ends(caller)
    if point == LOOK:
        clock.goes_on(11)
        assert dies_at(LOOK, outcomes.follow_up)
    if point == PROOF and account.waiting:
        first = account.waiting[0]
        assert dies_at(point, account.tells)
        account.waiting.appendleft(first)  # who got no answer comes again

    action.refresh_from_db()
    after = rng.choice((0, 3, 12, 33))
    action = goes_on(action, clock, account.tells, after=after)
    account.tells()
    states, did = in_the_end(point, kind, other=other, after=after)
    assert action.state in states
    assert happened(account, kind, caller, agent) == did
    assert in_time(action)
    assert as_twilio_has_it(account, call)
    if kind in ABSOLUTE:
        assert action.attempt <= 3
    else:
        assert len(rest.asked) == asked, "what may not be repeated was asked for once"
    outcomes.follow_up()
    assert Audit.objects.filter(action_id=action.pk).last().what == f"action.{action.state}"


def test_so_it_does_if_it_dies_again_while_it_asks_again(
    client, account, fields, line_to, rest, clock, point, kind, after
):
    """The first try breaks; whoever follows it up dies during the second one, `after` so many seconds."""
    call, caller, agent = line_to
    verb, form = fields(kind, agent)
    rest.answers = [None]
    client.post(f"/calls/{call.pk}/{verb}/", {**form, "key": str(uuid4())}, headers=JSON)
    clock.goes_on(after)
    rest.answers = [lambda sid, form: (200, account.resource(sid))]  # said, and not done
    assert dies_at(point, outcomes.follow_up)
    action = goes_on(Action.objects.get(), clock, account.tells)
    assert action.attempt <= 3
    assert in_time(action)
    assert (action.state == "confirmed") == happened(account, kind, caller, agent)


# And in earnest -------------------------------------------------------------------------------------------------

here = build_opener(ProxyHandler({}))
KILLED_AT = ("action.after_requested", "action.after_sending", "action.after_twilio", "action.after_outcome",
             "intake.before_commit", "tail.after_revision")  # fmt: skip


class Desk:
    """ben's browser, at a server that may be gone in the middle of it."""

    def __init__(self, server: Server, session: str) -> None:
        self.server, self.session = server, session

    def presses(self, call: Call, verb: str, form: dict[str, str]) -> int:
        """The HTTP status, 0 if nobody answers any more."""
        token = "t" * 32
        cookies = f"sessionid={self.session}; csrftoken={token}"
        headers = {"Cookie": cookies, "X-CSRFToken": token, **JSON}
        request = Request(f"{self.server.url}/calls/{call.pk}/{verb}/", urlencode(form).encode(), headers)
        try:
            with here.open(request, timeout=20) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code
        except OSError:
            return 0


@pytest.mark.load
@pytest.mark.timeout(600)
@pytest.mark.parametrize("other", [True, False], ids=["done", "not done"])
def test_kill_9_at_any_of_these_places(account, fields, line_to, rest, clock, rng, supervisors, settings, other):
    """The server dies, starts again, hears what Twilio has to tell, and ben's second click finds the first."""
    points = KILLED_AT if figure(12) == 12 else rng.sample(KILLED_AT, 1)
    for point in points:
        kinds = [one for one in KINDS if one != "kick" or point not in RECORDING_THE_ANSWER]
        kind, clock.ahead = rng.choice(kinds), 0.0  # the server has a clock of its own
        call, caller, agent = phones_again(account, kind)
        verb, form = fields(kind, agent)
        form["key"] = str(uuid4())
        rest.asked.clear()
        if not other and point not in BEFORE_ASKING:
            rest.answers = [lambda sid, form: (200, account.resource(sid))]
        with Server(TWILIO_API_URL=settings.TWILIO_API_URL) as server:
            desk = Desk(server, signed_in(supervisors[0]))
            if point != "tail.after_revision":  # it would die of the first call that it reads
                server.kill()
                server.environment["LIVEDESK_FAILPOINT"] = f"{point}=exit"
                server.start()
                assert desk.presses(call, verb, form) == 0
                assert server.process.wait(10) == 137
            else:
                assert desk.presses(call, verb, form) in (200, 202)
                server.kill()
            server.environment.pop("LIVEDESK_FAILPOINT", None)
            server.start()
            asked = len(rest.asked)
            assert asked == (0 if point in BEFORE_ASKING else 1)
            assert desk.presses(call, verb, form) == 200, "the same click once more: it is known"
            assert len(rest.asked) == asked
            rest.answers.clear()
            if other and point in BEFORE_ASKING:
                account.ends(caller)
            action = goes_on(Action.objects.get(call=call), clock, account.tells, after=rng.choice((0, 12)))
            account.tells()
            states, did = in_the_end(point, kind, other=other)
            assert (action.state in states, happened(account, kind, caller, agent)) == (True, did), (point, kind)
            assert in_time(action)
            if kind not in ABSOLUTE:
                assert len(rest.asked) == asked
            assert not server.tracebacks()
        print(f"{point}, {kind}: {action.state}")


def phones_again(account: Any, kind: str) -> tuple[Call, str, str]:
    for line in list(account.lines.values()):
        if not line.parent:
            account.ends(line.sid)
    account.heard.clear()
    account.rung.clear()
    account.tells()
    return they_talk(account, kind)
