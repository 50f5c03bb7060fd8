"""What one report proves of which leg, and who wins: tables, not runs."""

from typing import Any

import pytest

from calls.intake.statements import statements
from calls.twilio.reports import Report, from_answer
from tests.intake.statements import CA, CHILD, LEG, RE, ROOM, at, known, rest, room, says, status
from tests.intake.teller import ACCOUNT, stamp

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
    assert (child.resume_url, child.duration, child.taps) == ("", None, ())


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

    def tapes(*reports: Report) -> dict[str, str]:
        return {tap.sid: tap.status for tap in known(*reports).tapped}

    assert tapes(tape("in-progress"), tape("paused")) == {RE: "in-progress"}
    assert tapes(tape("stopped"), tape("paused"), tape("in-progress")) == {RE: "stopped"}
    assert tapes(tape("in-progress"), tape("completed"), tape("paused")) == {RE: "completed"}
    assert tapes(tape("absent"), tape("in-progress")) == {RE: "absent"}
    ended = status("completed", RecordingSid="RE" + "5" * 32)
    assert tapes(tape("failed"), ended) == {RE: "failed", "RE" + "5" * 32: "completed"}


def test_that_a_recording_is_paused_only_a_look_says_and_of_two_the_one_that_was_asked_for_later() -> None:
    def look(word: str, asked: float, *, looked: bool = True) -> Report:
        resource = {"sid": RE, "call_sid": CA, "status": word}
        return from_answer(resource, asked_at=at(asked), looked=looked)

    def said(*reports: Report) -> str:
        (tap,) = known(*reports).tapped
        return tap.status

    assert said(look("paused", 5, looked=False)) == ""  # what Twilio answered to the request
    assert said(look("paused", 5)) == "paused"
    assert said(look("paused", 5), look("in-progress", 9)) == "in-progress"
    assert said(look("paused", 9), look("in-progress", 5)) == "paused"
    assert said(look("paused", 9), look("stopped", 5)) == "stopped"
