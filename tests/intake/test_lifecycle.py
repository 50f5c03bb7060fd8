"""Any order, any repeats, any loss: a call becomes what it was, and on the way there nothing ever goes backwards."""

import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.intake.lifecycle import NOTHING, RANKS, LegState, hear
from calls.intake.rooms import ABSENT, EMPTY, PresenceState, RoomState, hear_presence, hear_room
from calls.intake.statements import statements
from calls.twilio.reports import Report
from tests.guards import SOAK, figure
from tests.intake.endings import Floor, differences, truth
from tests.intake.scripts import SCRIPTS, Script
from tests.intake.teller import Cast, Said

every_script = pytest.mark.parametrize("script", SCRIPTS, ids=str)
CAST = Cast(1)


@every_script
def test_told_in_order_a_call_ends_as_it_was(script: Script) -> None:
    floor = Floor().hear_all(said.report for said in script.told(CAST))
    assert differences(script, CAST, floor) == []


# Every order and every repeat ------------------------------------------------------------------------------------

States = tuple[Any, ...]
Move = Callable[[States], States]


class Course:
    """One script, ready to be told in very many orders: each statement is an update of a tuple of states."""

    def __init__(self, script: Script, cast: Cast) -> None:
        self.script, self.cast = script, cast
        self.slots: dict[Any, int] = {}
        self.starts: list[Any] = []
        self.moves = [self.moves_of(said.report) for said in script.told(cast)]
        self.prefixes = 0

    def slot(self, key: Any, start: Any) -> int:
        if key not in self.slots:
            self.slots[key] = len(self.starts)
            self.starts.append(start)
        return self.slots[key]

    def moves_of(self, report: Report) -> list[tuple[int, Callable[[Any, Any], Any], Any]]:
        moves: list[tuple[int, Callable[[Any, Any], Any], Any]] = [
            (self.slot(sid, NOTHING), hear, statement) for sid, statement in statements(report)
        ]
        if report.conference_sid:
            moves.append((self.slot(report.conference_sid, EMPTY), hear_room, report))
            if report.call_sid:
                slot = self.slot((report.conference_sid, report.call_sid), ABSENT)
                moves.append((slot, hear_presence, report))
        return moves

    def told(self, states: States, said: int) -> States:
        """The states after one more delivery; raises if anything went backwards."""
        self.prefixes += 1
        for slot, fold, statement in self.moves[said]:
            old = states[slot]
            new = fold(old, statement)
            if new is not old:
                assert backwards(old, new) == []
                states = (*states[:slot], new, *states[slot + 1 :])
        return states

    def all_told(self, order: Any) -> States:
        states: States = tuple(self.starts)
        for said in order:
            states = self.told(states, said)
        return states

    def floor(self, states: States) -> Floor:
        floor = Floor()
        for key, slot in self.slots.items():
            kind: dict[Any, Any] = {PresenceState: floor.presences, RoomState: floor.rooms, LegState: floor.legs}[
                type(states[slot])
            ]
            kind[key] = states[slot]
        return floor

    def endings(
        self, states: States, left: list[int], until: Callable[[int], bool], depth: int = 0
    ) -> Iterator[States]:
        """The states at the end of every distinct order of what is left; what two orders begin with is told once."""
        if not any(left):
            yield states
            return
        for said, times in enumerate(left):
            if times and until(depth):
                left[said] -= 1
                yield from self.endings(self.told(states, said), left, until, depth + 1)
                left[said] += 1


def backwards(old: Any, new: Any) -> list[str]:
    """What a reader would see going the wrong way."""
    wrong = []
    if isinstance(new, LegState):
        if RANKS[new.status] < RANKS[old.status]:
            wrong.append(f"status {old.status} → {new.status}")
        if old.ended_at and not new.ended_at:
            wrong.append("ended_at was unset")
        for name in ("started_at", "ringing_at", "answered_at"):
            before, after = getattr(old, name), getattr(new, name)
            if before is not None and (after is None or after > before):
                wrong.append(f"{name} {before} → {after}")
    elif isinstance(new, RoomState):
        if new.rank < old.rank:
            wrong.append(f"room {old.status} → {new.status}")
    elif old.joined is not None and (new.joined is None or new.joined > old.joined):
        wrong.append("joined_at rose")
    return wrong


# One doubled or none: 7! + 7 · 8!/2 = 146,160 orders of seven statements.
EXHAUSTIVE = 7


@every_script
def test_every_order_and_every_repeat_ends_alike(script: Script, rng: random.Random) -> None:
    """Longer scripts are told in order up to their last seven. Without SOAK a tenth, chosen by the seed."""
    course = Course(script, CAST)
    count = len(course.moves)
    early, late = range(max(0, count - EXHAUSTIVE)), range(max(0, count - EXHAUSTIVE), count)
    begun = course.all_told(early)
    ending = course.all_told(range(count))
    assert differences(script, CAST, course.floor(ending)) == []
    tenth = SOAK or len(late) < EXHAUSTIVE

    def until(depth: int) -> bool:
        return tenth or depth != 2 or rng.random() < 0.1

    orders = 0
    for doubled in (None, *late):
        left = [0] * len(early) + [1] * len(late)
        if doubled is not None:
            left[doubled] += 1
        for states in course.endings(begun, left, until):
            orders += 1
            assert states == ending
    if tenth:
        n = len(late)
        assert orders == factorial(n) + n * factorial(n + 1) // 2


def factorial(n: int) -> int:
    return 1 if n < 2 else n * factorial(n - 1)


@every_script
def test_any_order_with_several_repeats_ends_alike(script: Script, rng: random.Random) -> None:
    course = Course(script, CAST)
    whole = list(range(len(course.moves)))
    ending = course.all_told(whole)
    for _ in range(figure(10_000)):
        order = whole + rng.choices(whole, k=rng.choice((2, 3)))
        rng.shuffle(order)
        assert course.all_told(order) == ending


@every_script
def test_once_all_is_told_nothing_is_news(script: Script) -> None:
    floor = Floor().hear_all(said.report for said in script.told(CAST))
    for said in script.told(CAST):
        for sid, statement in statements(said.report):
            assert hear(floor.legs[sid], statement) is floor.legs[sid]
        if said.report.conference_sid:
            room = floor.rooms[said.report.conference_sid]
            assert hear_room(room, said.report) is room
            if said.report.call_sid:
                presence = floor.presences[said.report.conference_sid, said.report.call_sid]
                assert hear_presence(presence, said.report) is presence


@every_script
def test_what_is_stored_is_what_was_known(script: Script, rng: random.Random) -> None:
    """Through JSON after every delivery, as on the rows."""
    plain, stored = Floor(), Floor()
    deliveries = [said.report for said in script.told(CAST)] * 2
    rng.shuffle(deliveries)
    for report in deliveries:
        plain.hear(report)
        stored.hear(report)
        for states in (stored.legs, stored.presences, stored.rooms):
            for key, state in states.items():
                states[key] = type(state).from_json(json.loads(json.dumps(state.as_json())))
        assert stored == plain


def test_a_row_that_holds_nothing_is_a_leg_of_which_nothing_is_known() -> None:
    assert LegState.from_json({}) == NOTHING
    assert NOTHING.as_json() == {}
    assert (NOTHING.status, NOTHING.live, NOTHING.ended_at) == ("queued", True, None)


# Loss ------------------------------------------------------------------------------------------------------------


@every_script
def test_whatever_was_lost_rest_makes_good(script: Script, rng: random.Random) -> None:
    """Every subset of what was sent, then Twilio's account of the legs: the same end, or a flag on a guess."""
    told = [said.report for said in script.told(CAST)]
    account = truth(script, CAST)
    whole = Floor().hear_all(told)
    early, late = told[:-8], told[-8:]
    for kept in subsets(late, rng):
        for order in some_orders([*rng.sample(early, rng.randint(0, len(early))), *kept], rng):
            floor = Floor().hear_all(order)
            ended = {sid for sid, leg in floor.legs.items() if not leg.live}
            floor.hear_all(rng.sample(account, len(account)))
            assert not any(floor.legs[sid].live for sid in ended)
            assert unlike(script, whole, floor) == []
            told = {sid for report in order for sid, said in statements(report) if said.told_by}
            spoken_of = {sid for report in order for sid, _ in statements(report)}
            healed = {sid for sid, leg in floor.legs.items() if leg.healed}
            assert healed == {sid for sid in spoken_of - told if not floor.legs[sid].live}


def subsets(reports: list[Report], rng: random.Random) -> Iterator[list[Report]]:
    for kept in itertools.product((False, True), repeat=len(reports)):
        if SOAK or len(reports) < 5 or rng.random() < 0.25:
            yield [report for report, keep in zip(reports, kept, strict=True) if keep]


def some_orders(reports: list[Report], rng: random.Random) -> Iterator[list[Report]]:
    if len(reports) <= 4 and SOAK:
        yield from map(list, itertools.permutations(reports))
        return
    for _ in range(24 if SOAK else 6):
        yield rng.sample(reports, len(reports))


def unlike(script: Script, whole: Floor, floor: Floor) -> list[str]:
    wrong = []
    for name in script.legs:
        sid = CAST.sid("CA", name)
        must, leg = whole.legs[sid], floor.legs[sid]
        for field in ("status", "ended_at", "duration", "from_number", "to_number", "conflict"):
            # Of a leg that only rooms spoke of, REST knows more than all the callbacks did.
            if getattr(leg, field) != getattr(must, field) and getattr(must, field) not in (None, ""):
                wrong.append(f"{name}.{field}: {getattr(leg, field)} instead of {getattr(must, field)}")
        for field in ("ringing_at", "sip_code"):
            if getattr(leg, field) not in (getattr(must, field), None):
                wrong.append(f"{name}.{field}: {getattr(leg, field)} instead of {getattr(must, field)}")
        if leg.answered_at != must.answered_at and not leg.inferred and leg.answered_at is not None:
            wrong.append(f"{name}.answered_at is a guess without a flag")
        if leg.status == "completed" and leg.duration and leg.answered_at is None:
            wrong.append(f"{name} was answered, and nobody knows when")
    call, must_call = floor.call(script, CAST), whole.call(script, CAST)
    for field in ("status", "outcome", "ended_at"):
        # Whether a live caller is held, only the room can say.
        if must_call.ended_at and getattr(call, field) != getattr(must_call, field):
            wrong.append(f"call.{field}: {getattr(call, field)} instead of {getattr(must_call, field)}")
    for room, sid in floor.presences:
        if floor.attendance(room, sid).present and not floor.legs[sid].live:
            wrong.append("somebody is in a room after the end of the leg")
    return wrong


@every_script
def test_an_answer_by_rest_that_was_under_way_wakes_nobody(script: Script) -> None:
    """Asked while the call went on, answered when it was over."""
    cast = CAST
    floor = Floor().hear_all(said.report for said in script.told(cast))
    for report in truth(script, cast, asked=1):
        leg = floor.legs[report.call_sid]
        stale = in_progress(report)
        for _, statement in statements(stale):
            later = hear(leg, statement)
            assert backwards(leg, later) == []
            assert later.live == leg.live


def in_progress(report: Report) -> Report:
    return replace(report, status="in-progress", duration=None, ended_at=None, at=report.received_at)


# Several calls at once ---------------------------------------------------------------------------------------------


@settings(max_examples=figure(400, least=40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_each_of_many_calls_is_as_if_it_were_alone(data: st.DataObject) -> None:
    scripts = data.draw(st.lists(st.sampled_from(SCRIPTS), min_size=3, max_size=6), "calls")
    casts = [Cast(number) for number in range(len(scripts))]
    told: list[list[Said]] = [script.told(cast) for script, cast in zip(scripts, casts, strict=True)]
    turn = st.integers(0, len(scripts) - 1).flatmap(
        lambda call: st.tuples(st.just(call), st.integers(0, len(told[call]) - 1))
    )
    deliveries = data.draw(st.lists(turn, max_size=60), "deliveries")
    together = Floor().hear_all(told[call][said].report for call, said in deliveries)
    alone = Floor()
    for call in range(len(scripts)):
        one = Floor().hear_all(told[call][said].report for of, said in deliveries if of == call)
        alone.legs |= one.legs
        alone.presences |= one.presences
        alone.rooms |= one.rooms
    assert together == alone
