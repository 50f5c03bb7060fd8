"""Who is in a room, since when, and who is held there: tables, not runs."""

import itertools
from email.utils import format_datetime
from typing import Any

import pytest

from calls.intake.lifecycle import NOTHING, LegState
from calls.intake.rooms import ABSENT, EMPTY, attendance, hear_presence, hear_room
from calls.twilio.reports import Report, from_answer
from tests.intake.statements import at, known, room, status


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
    "here, elsewhere, left",
    [
        ([JOIN], [], None),
        ([JOIN], [room("participant-join", 20, 1)], 20),  # the leave was lost
        ([JOIN, room("participant-mute", 15, 2)], [room("participant-join", 20, 1)], 20),
        ([room("participant-join", 30, 3)], [room("participant-join", 20, 1)], None),  # it came back from there
        ([JOIN], [room("participant-join", 20, 1), room("participant-leave", 25, 2)], 20),  # it is in none now
        ([JOIN, LEAVE], [room("participant-join", 20, 1)], 30),
    ],
)
def test_nobody_is_in_two_rooms(here: list[Report], elsewhere: list[Report], left: float | None) -> None:
    presence, other = ABSENT, ABSENT
    for report in here:
        presence = hear_presence(presence, report)
    for report in elsewhere:
        other = hear_presence(other, report)
    seen = attendance(presence, elsewhere=[other])
    assert seen.left_at == (None if left is None else at(left))
    assert seen.present == (left is None)


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


SEAT = {
    "call_sid": "CA" + "1" * 32, "conference_sid": "CF" + "2" * 32, "hold": False, "coaching": False,
    "end_conference_on_exit": False, "status": "connected", "call_sid_to_coach": None,
}  # fmt: skip


def looked(since: int, asked: int, *, fetched: bool = True, **seat: Any) -> Report:
    """What REST says of a seat: how it is since when, by Twilio's clock."""
    told = {**SEAT, "date_updated": format_datetime(at(since)), **seat}
    return from_answer(told, asked_at=at(asked), looked=fetched)


@pytest.mark.parametrize(
    "reports, muted",
    [
        ([JOIN, looked(20, 35, muted=True)], True),  # the callback was lost
        ([JOIN, looked(20, 35, muted=True, fetched=False)], False),  # so it was wished, and so it may be answered
        ([JOIN, room("participant-mute", 20, 2), looked(20, 35, muted=False)], False),
        ([JOIN, room("participant-mute", 40, 2), looked(20, 35, muted=False)], True),
        ([looked(20, 35, muted=True)], True),
    ],
    ids=["lost", "the answer to the wish", "another word", "changed after the look", "nothing but the look"],
)
def test_a_look_says_how_it_is_unless_a_callback_tells_of_a_later_change(reports: list[Report], muted: bool) -> None:
    for order in itertools.permutations(reports):
        assert (there(*order).muted, there(*order).present) == (muted, True)


def test_whom_somebody_whispers_to_is_known_by_rest_alone() -> None:
    agent = "CA" + "7" * 32
    whispers = room("participant-modify", 20, 2, Coaching="true")
    told = looked(20, 21, fetched=False, muted=False, coaching=True, call_sid_to_coach=agent)
    assert there(JOIN, whispers).coaches == ""
    assert there(JOIN, whispers, told).coaches == there(told, whispers, JOIN).coaches == agent
