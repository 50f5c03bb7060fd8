"""What one report proves of which leg, and what a call is when its legs are what they are: tables, not runs."""

import itertools
import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from calls.intake.lifecycle import NOTHING, LegState, hear, statements
from calls.intake.rooms import ABSENT, EMPTY, attendance, hear_presence, hear_room
from calls.intake.settle import Party, settle
from calls.twilio.reports import Report, Source, from_rest, parse
from tests.intake.scripts import ACCOUNT, BEGAN, stamp

CA, CHILD, CF, RE = "CA" + "1" * 32, "CA" + "2" * 32, "CF" + "3" * 32, "RE" + "4" * 32
LEG = {"AccountSid": ACCOUNT, "CallSid": CA, "From": "+14155550123", "To": "+15005550100"}
ROOM = {"AccountSid": ACCOUNT, "CallSid": CA, "ConferenceSid": CF, "FriendlyName": "room"}


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def says(
    door: str, params: dict[str, Any], *, came: float = 100, stamped: float | None = None, number: int | None = None
) -> Report:
    params = {name: str(value) for name, value in params.items()}
    if stamped is not None:
        params["Timestamp"] = stamp(at(stamped))
    if number is not None:
        params["SequenceNumber"] = str(number)
    return parse(
        door,
        Source.TWIML if door in ("voice", "dial", "gather", "twiml") else Source.CALLBACK,
        path=f"/twilio/{door}/",
        query="step=menu",
        pairs=list(params.items()),
        account_sid=ACCOUNT,
        received_at=at(came),
    )


def status(word: str, **how: Any) -> Report:
    timing = {name: how.pop(name) for name in ("came", "stamped", "number") if name in how}
    return says("status", LEG | {"CallStatus": word} | how, **timing)


def rest(word: str, asked: float = 100, **more: Any) -> Report:
    return from_rest({"sid": CA, "status": word} | more, asked_at=at(asked))


def room(event: str, when: float, number: int, **flags: Any) -> Report:
    return says("conference", ROOM | {"StatusCallbackEvent": event} | flags, stamped=when, number=number)


def known(*reports: Report, of: str = CA) -> LegState:
    """The leg after these, which is the same in every order."""
    states = []
    for order in itertools.permutations(reports) if len(reports) < 5 else [reports]:
        state = NOTHING
        for report in order:
            for sid, statement in statements(report):
                state = hear(state, statement) if sid == of else state
        states.append(state)
    assert all(state == states[0] for state in states)
    return states[0]


# What a report proves --------------------------------------------------------------------------------------------

AMD = {"AccountSid": ACCOUNT, "CallSid": CA, "AnsweredBy": "human"}


def dialled(word: str, **more: Any) -> Report:
    return says("dial", LEG | {"CallStatus": "in-progress", "DialCallSid": CHILD, "DialCallStatus": word} | more)


@pytest.mark.parametrize(
    "report, of, word, answered, inferred",
    [
        (status("in-progress", stamped=5), CA, "in-progress", 5, False),
        (says("voice", LEG | {"CallStatus": "ringing"}, came=3), CA, "ringing", None, False),
        (says("voice", LEG | {"CallStatus": "in-progress"}, came=3), CA, "in-progress", 3, True),
        (says("dial", LEG | {"CallStatus": "completed"}, came=3), CA, "completed", None, False),
        (room("participant-join", 7, 1), CA, "in-progress", 7, True),
        (room("participant-mute", 7, 1), CA, "in-progress", 7, True),
        (room("participant-leave", 7, 1), CA, "queued", None, False),
        (says("amd", AMD, came=9), CA, "in-progress", 9, True),
        (dialled("completed", DialBridged="true"), CHILD, "in-progress", 100, True),
        (dialled("completed", DialBridged="true", DialCallDuration=40), CHILD, "in-progress", 60, True),
        (dialled("completed", DialBridged="false"), CHILD, "queued", None, False),
        (dialled("answered"), CHILD, "queued", None, False),
        (dialled("busy"), CHILD, "busy", None, False),
        (dialled("no-answer"), CHILD, "no-answer", None, False),
        (dialled("failed"), CHILD, "failed", None, False),
        (dialled("canceled"), CHILD, "canceled", None, False),
        (status("completed", stamped=50, CallDuration=30), CA, "completed", 20, True),
        (status("completed", stamped=50, CallDuration=0), CA, "completed", None, False),
        (status("no-answer", stamped=50, CallDuration=30), CA, "no-answer", None, False),
        (status("teleported", stamped=50), CA, "queued", None, False),
        (rest("in-progress", asked=33, start_time=stamp(at(2))), CA, "in-progress", 33, True),
        (rest("completed", end_time=stamp(at(50)), duration="30"), CA, "completed", 20, True),
        (rest("queued"), CA, "queued", None, False),
    ],
)  # fmt: skip
def test_what_one_report_proves(report: Report, of: str, word: str, answered: float | None, inferred: bool) -> None:
    leg = known(report, of=of)
    assert (leg.status, leg.inferred) == (word, inferred)
    assert leg.answered_at == (None if answered is None else at(answered))


def test_a_report_about_a_room_alone_is_about_no_leg() -> None:
    silent = says(
        "conference", {k: v for k, v in ROOM.items() if k != "CallSid"} | {"StatusCallbackEvent": "conference-start"}
    )
    assert statements(silent) == []


def test_the_dialled_child_has_its_parent_and_nothing_else_of_it() -> None:
    child = known(dialled("busy", Direction="inbound"), of=CHILD)
    assert (child.parent_sid, child.from_number, child.to_number, child.direction) == (CA, "", "", "")
    assert (child.resume_url, child.duration, child.recordings) == ("", None, {})


# Who wins --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reports, word, ended",
    [
        # rank, whatever the numbers and the times say
        ([status("completed", number=1, stamped=5), status("ringing", number=9, stamped=50)], "completed", 5),
        ([status("in-progress", number=0, stamped=5), rest("ringing", asked=50)], "in-progress", None),
        ([status("completed", number=3, stamped=5), rest("in-progress", asked=50)], "completed", 5),
        # who said it: in passing, called back, asked
        ([status("busy", stamped=9, number=1), rest("completed", end_time=stamp(at(8)))], "completed", 8),
        ([status("no-answer", stamped=9), says("dial", LEG | {"CallStatus": "completed"}, came=90)], "no-answer", 9),
        ([status("busy", came=50), says("dial", LEG | {"CallStatus": "completed"}, came=3)], "busy", 50),
        # the later number, then the later time, then the stronger word
        ([status("busy", number=2, stamped=9), status("completed", number=1, stamped=10)], "busy", 9),
        ([status("busy", number=1, stamped=9), status("completed", number=1, stamped=8)], "busy", 9),
        ([status("busy", number=1, stamped=9), status("completed", number=1, stamped=9)], "completed", 9),
        ([status(word, number=1, stamped=9) for word in ("failed", "busy", "no-answer")], "failed", 9),
        ([status(word, number=1, stamped=9) for word in ("busy", "no-answer", "canceled")], "busy", 9),
        # a time of its own beats that of the arrival; of arrivals the first
        ([status("completed", came=50), status("busy", came=90, stamped=9)], "busy", 9),
        ([status("completed", came=50), status("completed", came=90, CallDuration=3)], "completed", 50),
    ],
)  # fmt: skip
def test_who_wins_does_not_depend_on_who_came_first(reports: list[Report], word: str, ended: float | None) -> None:
    leg = known(*reports)
    assert leg.status == word
    assert leg.ended_at == (None if ended is None else at(ended))


def test_nobody_answers_or_is_rung_after_the_end() -> None:
    """Asked at 50 and told "in-progress", while a callback says that it was over at 20."""
    leg = known(status("ringing", stamped=40), rest("in-progress", asked=50), status("completed", stamped=20))
    assert (leg.ringing_at, leg.answered_at, leg.ended_at, leg.inferred) == (at(20), at(20), at(20), True)
    late = known(status("in-progress", stamped=45), status("completed", stamped=20))
    assert (late.answered_at, late.ended_at, late.inferred) == (at(20), at(20), True)


def test_that_it_rings_now_does_not_say_since_when() -> None:
    leg = known(rest("ringing", asked=33))
    assert (leg.status, leg.ringing_at) == ("ringing", None)


def test_what_the_winner_does_not_know_is_taken_from_who_does() -> None:
    leg = known(
        status("completed", number=3, stamped=50, CallDuration=40, SipResponseCode=200),
        rest("completed", end_time=stamp(at(50)), price="-0.013"),
        rest("completed", asked=900, end_time=stamp(at(50)), price="-0.015"),
    )
    assert (leg.sip_code, leg.duration, str(leg.price)) == (200, 40, "-0.015")
    assert not leg.conflict


@pytest.mark.parametrize(
    "reports, conflict",
    [
        ([status("ringing", number=1, stamped=4), status("ringing", number=1, stamped=4, came=200)], False),
        ([status("ringing", number=1, stamped=4), status("in-progress", number=1, stamped=4)], True),
        ([status("ringing", number=1, stamped=4), status("ringing", number=1, stamped=5)], True),
        ([status("completed", stamped=9), status("busy", stamped=9)], True),
        ([status("busy", stamped=9), says("dial", LEG | {"CallStatus": "completed"})], False),  # said in passing
        ([status("ringing", ParentCallSid=CHILD), status("in-progress", ParentCallSid="CA" + "9" * 32)], True),
        ([status("ringing"), status("in-progress", To="client:ana")], True),
        ([status("ringing"), rest("in-progress", to="+15005550100", **{"from": "+14155550123"})], False),
    ],
)  # fmt: skip
def test_a_contradiction_is_flagged_in_every_order(reports: list[Report], conflict: bool) -> None:
    assert known(*reports).conflict is conflict
    assert known(*reports, *reports).conflict is conflict


def test_the_first_to_name_a_number_is_believed() -> None:
    leg = known(status("completed", stamped=9, number=2, To="client:bo"), status("initiated", stamped=1, number=0))
    assert (leg.to_number, leg.conflict) == ("+15005550100", True)


def test_where_a_leg_last_asked_is_where_it_goes_on() -> None:
    reports = [
        says("voice", LEG | {"CallStatus": "ringing"}, came=1),
        says("gather", LEG | {"CallStatus": "in-progress"}, came=5),
        says("twiml", LEG | {"CallStatus": "in-progress"}, came=9),
    ]
    assert known(*reports).resume_url == "/twilio/gather/?step=menu"


def test_a_recording_counts_as_running_until_its_end_is_told() -> None:
    def tape(word: str) -> Report:
        return says("recording", {"AccountSid": ACCOUNT, "CallSid": CA, "RecordingSid": RE, "RecordingStatus": word})

    assert known(tape("in-progress"), tape("paused"), tape("stopped")).recordings == {RE: "in-progress"}
    assert known(tape("in-progress"), tape("completed"), tape("paused")).recordings == {RE: "completed"}
    assert known(tape("absent"), tape("in-progress")).recordings == {RE: "absent"}
    ended = status("completed", RecordingSid="RE" + "5" * 32)
    assert known(tape("failed"), ended).recordings == {RE: "failed", "RE" + "5" * 32: "completed"}


# Rooms -----------------------------------------------------------------------------------------------------------


def there(*reports: Report, leg: LegState = NOTHING) -> Any:
    presence, place = ABSENT, EMPTY
    for report in reports:
        presence, place = hear_presence(presence, report), hear_room(place, report)
    return attendance(presence, leg, place)


JOIN, LEAVE, END = room("participant-join", 10, 1), room("participant-leave", 30, 5), room("conference-end", 40, 9)


@pytest.mark.parametrize(
    "reports, ended, present, left, inferred",
    [
        ([], None, False, None, False),
        ([JOIN], None, True, None, False),
        ([JOIN, LEAVE], None, False, 30, False),
        ([JOIN], 20, False, 20, True),
        ([JOIN, LEAVE], 20, False, 20, False),  # the leg knows better when it ended
        ([JOIN, LEAVE], 35, False, 30, False),
        ([JOIN, END], None, False, 40, True),
        ([JOIN, END], 35, False, 35, True),
        ([JOIN], 5, False, 10, True),  # clocks differ, but nobody leaves before they came
        ([JOIN, LEAVE, room("participant-join", 32, 6)], None, True, None, False),
        ([JOIN, LEAVE, room("participant-join", 30, 5)], None, False, 30, False),  # a leave beats a join
        ([JOIN, LEAVE, END, room("participant-join", 50, 10)], None, False, 40, True),
        ([room("participant-mute", 12, 2)], None, True, None, False),  # the join was lost
        ([LEAVE], None, False, 30, False),
    ],
)  # fmt: skip
def test_who_is_in_a_room(
    reports: list[Report], ended: float | None, present: bool, left: float | None, inferred: bool
) -> None:
    leg = known(status("completed", stamped=ended)) if ended else NOTHING
    for order in itertools.permutations(reports):
        seen = there(*order, *order, leg=leg)
        assert (seen.present, seen.inferred) == (present, inferred)
        assert seen.left_at == (None if left is None else at(left))
        assert not seen.present or seen.left_at is None


@pytest.mark.parametrize(
    "events, seconds, since",
    [
        ([("hold", 10), ("unhold", 14)], 4, None),
        ([("hold", 10)], 0, 10),
        ([("hold", 10), ("leave", 15)], 5, None),
        ([("hold", 10), ("hold", 12), ("unhold", 15)], 5, None),  # an unhold was lost
        ([("unhold", 15)], 0, None),
        ([("hold", 10), ("unhold", 8)], 0, None),  # time ran backwards
        ([("hold", 10), ("unhold", 14), ("hold", 20)], 4, 20),
    ],
)
def test_how_long_somebody_was_held(events: list[tuple[str, float]], seconds: float, since: float | None) -> None:
    reports = [room("participant-join", 1, 0)]
    for number, (event, when) in enumerate(events, 1):
        reports.append(room(f"participant-{event}", when, number, Hold=str(event != "unhold").lower()))
    seen = there(*reports)
    assert seen.hold_seconds == seconds
    assert (seen.held, seen.held_since) == (since is not None, None if since is None else at(since))


def test_who_is_held_when_the_leg_ends_was_held_until_then() -> None:
    leg = known(status("completed", stamped=25))
    seen = there(room("participant-join", 1, 0), room("participant-hold", 10, 1, Hold="true"), leg=leg)
    assert (seen.held, seen.hold_seconds, seen.left_at) == (False, 15, at(25))


def test_flags_without_a_word_stay_as_they_were() -> None:
    seen = there(
        room("participant-join", 1, 0, Muted="true", Coaching="true", EndConferenceOnExit="true"),
        room("participant-hold", 2, 1),
        room("participant-speech-start", 3, 2, Muted="false"),
    )
    assert (seen.muted, seen.coaching, seen.end_on_exit, seen.held) == (True, True, True, True)
    assert not there(room("participant-join", 1, 0, Muted="true"), room("participant-unmute", 2, 1)).muted


# Calls -----------------------------------------------------------------------------------------------------------


def party(role: str, word: str, *times: float, parent: bool = False, **more: Any) -> Party:
    """Somebody whose leg rang, was answered and ended at these times (as far as it got)."""
    words = {"ringing": 1, "in-progress": 2, "completed": 3}
    reports = [status("ringing", stamped=times[0], number=0)]
    if word in ("in-progress", "completed"):
        reports.append(status("in-progress", stamped=times[1], number=1))
    if word not in ("ringing", "in-progress"):
        reports.append(status(word, stamped=times[-1], number=words.get(word, 2)))
    return Party(f"{role}{times}", role, known(*reports), CA if parent else "", **more)


CALLER = party("caller", "in-progress", 0, 1)
CALLER_GONE = party("caller", "completed", 0, 1, 60)
ANA = party("agent", "in-progress", 5, 9, parent=True)
ANA_RINGING = party("agent", "ringing", 5, parent=True)
ANA_GONE = party("agent", "completed", 5, 9, 50, parent=True)
ANA_MISSED = party("agent", "no-answer", 5, 25, parent=True)
CLEO = party("consult", "in-progress", 20, 30)
BOT = party("bot", "in-progress", 3, 4)
SOL = party("supervisor", "in-progress", 10, 12)
PEER = party("external", "in-progress", 2, 6, parent=True)


@pytest.mark.parametrize(
    "parties, word, since",
    [
        ([], "ended", None),
        ([CALLER], "in-menu", 1),
        ([party("caller", "ringing", 0)], "ringing", 0),
        ([CALLER, ANA_RINGING], "ringing", 5),
        ([CALLER, ANA], "talking", 9),
        ([CALLER, PEER], "talking", 6),
        ([CALLER, ANA_MISSED], "in-menu", 25),
        ([CALLER, ANA_MISSED, party("agent", "ringing", 26, parent=True)], "ringing", 26),
        ([CALLER, BOT], "with-bot", 4),
        ([CALLER, BOT, ANA_RINGING], "with-bot", 4),
        ([CALLER, BOT, ANA], "talking", 9),
        ([CALLER, ANA, CLEO], "consulting", 30),
        ([CALLER, CLEO], "talking", 30),
        ([CALLER, ANA_GONE, CLEO], "talking", 30),
        ([party("caller", "in-progress", 0, 1, held=True, held_since=at(15)), ANA], "held", 15),
        ([party("caller", "in-progress", 0, 1, held=True, held_since=at(15)), ANA, CLEO], "held", 15),
        ([CALLER_GONE, ANA], "ending", 60),
        ([CALLER_GONE, ANA_RINGING], "ending", 60),
        ([CALLER_GONE, ANA_GONE], "ended", 60),
        ([CALLER_GONE, ANA_GONE, SOL], "ended", 60),
        ([SOL], "ended", None),
        ([CALLER, SOL], "in-menu", 1),
        ([CALLER_GONE, party("agent", "ringing", 70, unverified=True)], "ended", 60),
        ([party("agent", "in-progress", 0, 2), party("external", "ringing", 3)], "talking", 2),
        ([party("external", "ringing", 0)], "ringing", 0),
        ([party("", "in-progress", 0, 2)], "talking", 2),
        ([Party("stub", "caller", NOTHING), ANA_GONE], "ringing", None),
    ],
)  # fmt: skip
def test_the_status_of_a_call_by_its_legs(parties: list[Party], word: str, since: float | None) -> None:
    for order in itertools.permutations(parties):
        state = settle(order, direction="inbound", kind="inbound")
        assert state.status == word
        assert state.since == (None if since is None else at(since)) or (
            since is None and parties and word == "ringing"
        )


@pytest.mark.parametrize(
    "parties, word, since",
    [
        ([CALLER], "waiting", 1),
        ([party("caller", "ringing", 0)], "waiting", 0),  # it was put into the queue: answered, whatever we heard
        ([CALLER, ANA_MISSED], "waiting", 25),
        ([CALLER, ANA_RINGING], "ringing", 5),
        ([CALLER, ANA], "talking", 9),
        ([CALLER_GONE], "ended", 60),
    ],
)
def test_a_caller_in_a_queue_waits_until_somebody_is_rung(parties: list[Party], word: str, since: float) -> None:
    state = settle(parties, direction="inbound", kind="inbound", in_queue=True)
    assert (state.status, state.since) == (word, at(since))


@pytest.mark.parametrize(
    "parties, direction, kind, outcome, ended_by",
    [
        ([CALLER_GONE, ANA_GONE], "inbound", "inbound", "completed", "agent"),
        ([CALLER_GONE, party("agent", "completed", 5, 9, 60)], "inbound", "inbound", "completed", "caller"),
        ([CALLER_GONE, party("agent", "completed", 5, 9, 61)], "inbound", "inbound", "completed", "caller"),
        ([CALLER_GONE, ANA_MISSED], "inbound", "inbound", "missed", "caller"),
        ([CALLER_GONE, ANA_MISSED], "inbound", "", "missed", "caller"),
        ([CALLER_GONE], "inbound", "inbound", "missed", "caller"),
        ([CALLER_GONE], "inbound", "notification", "completed", "caller"),
        ([CALLER_GONE], "outbound-api", "", "completed", "caller"),
        ([CALLER_GONE, ANA_MISSED, party("agent", "completed", 26, 30, 55)], "inbound", "", "completed", "agent"),
        # handed on: the first agent was long gone, and did not end the call
        ([CALLER_GONE, party("agent", "completed", 5, 9, 20), party("agent", "completed", 26, 30, 61)],
         "inbound", "", "completed", "caller"),
        ([CALLER_GONE, party("bot", "completed", 2, 3, 20), party("agent", "completed", 26, 30, 55)],
         "inbound", "", "completed", "agent"),
        ([party("caller", "no-answer", 0, 20)], "inbound", "inbound", "missed", ""),
        ([party("caller", "busy", 0, 20)], "outbound-api", "", "busy", ""),
        ([party("external", "busy", 0, 20)], "outbound-api", "", "busy", ""),
        ([party("external", "failed", 0, 20)], "outbound-api", "", "failed", ""),
        ([party("external", "canceled", 0, 20)], "outbound-api", "", "canceled", ""),
        ([party("external", "no-answer", 0, 20)], "outbound-api", "", "missed", ""),
        ([party("external", "completed", 0, 5, 20)], "outbound-api", "", "completed", "external"),
        ([], "inbound", "inbound", "completed", ""),
    ],
)  # fmt: skip
def test_how_a_call_ended_and_who_hung_up(
    parties: list[Party], direction: str, kind: str, outcome: str, ended_by: str
) -> None:
    for order in itertools.permutations(parties):
        state = settle(order, direction=direction, kind=kind)
        assert (state.status, state.outcome, state.ended_by) == ("ended", outcome, ended_by)


def test_a_leg_that_twilio_has_yet_to_confirm_does_not_count() -> None:
    stranger = party("agent", "completed", -9, 30, 90, unverified=True)
    assert settle([CALLER_GONE, stranger], direction="inbound", kind="") == settle(
        [CALLER_GONE], direction="inbound", kind=""
    )


def test_times_of_a_call_are_those_of_its_people() -> None:
    state = settle([CALLER_GONE, ANA_GONE, SOL], direction="inbound", kind="inbound")
    assert (state.started_at, state.answered_at, state.ended_at) == (at(0), at(9), at(60))
    live = settle([CALLER, ANA_RINGING], direction="inbound", kind="inbound")
    assert (live.started_at, live.answered_at, live.ended_at, live.outcome, live.ended_by) == (
        at(0),
        None,
        None,
        "",
        "",
    )


EVERYBODY = [
    CALLER,
    CALLER_GONE,
    ANA,
    ANA_RINGING,
    ANA_GONE,
    ANA_MISSED,
    CLEO,
    BOT,
    SOL,
    PEER,
    Party("stub", "agent", NOTHING),
]


def test_any_company_makes_a_call_and_its_order_does_not_matter(rng: random.Random) -> None:
    for _ in range(500):
        parties = rng.sample(EVERYBODY, rng.randrange(6))
        queued, kind = rng.random() < 0.5, rng.choice(["", "inbound"])
        state = settle(parties, direction="inbound", kind=kind, in_queue=queued)
        again = settle(rng.sample(parties, len(parties)), direction="inbound", kind=kind, in_queue=queued)
        assert state == again
        assert (state.status == "ended") == bool(state.outcome)
        assert (state.ended_at is not None) <= (state.status == "ended")
