"""Whatever happens on a floor, in whatever order: what is promised holds after every step.

Hypothesis makes up the days: people phone in and hang up, callbacks are late, doubled and lost, supervisors press and
press again, rights come and go, desks are cut off, Twilio's API goes away, and the process dies at any of its places.
"""

import contextlib
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from calls.failpoints import SimulatedCrash
from calls.models import Call
from tests.conftest import LINE
from tests.control.conftest import Rest
from tests.control.house import QUEUED, ROUND, House, Standing, new_key
from tests.control.promises import GHOST, Promises, Wish
from tests.guards import SOAK

DAYS, STEPS = 300 if SOAK else 15, 80
LIVE_AT_ONCE = 5
# The verb, and what is filled in; `n` makes each unlike the others. A new verb is a line here, and what is true when
# it was done a line in `Promises.it_was_done`.
Fields = Callable[[House, str, int], dict[str, str]]


def plain(house: House, leg: str, n: int) -> dict[str, str]:
    return {}


def to_bo(house: House, leg: str, n: int) -> dict[str, str]:
    return {"destination": f"agent-{house.agents['bo'].pk}"}


def to_leg(house: House, leg: str, n: int) -> dict[str, str]:
    return {"leg": leg}


WISHES: dict[str, tuple[str, Fields]] = {
    "end": ("end", lambda house, leg, n: {"target": "call"}),
    "end leg": ("end", lambda house, leg, n: {"target": leg}),
    "transfer": ("transfer", to_bo),
    "announce": ("announce", lambda house, leg, n: {"text": f"Announcement {n}."}),
    "redirect": ("redirect", lambda house, leg, n: {"destination": str(house.place.pk)}),
    "raw": ("redirect", lambda house, leg, n: {"twiml": f"<Response><Say>Typed {n}.</Say></Response>"}),
    "say": ("announce", lambda house, leg, n: {"text": f"Announcement {n}.", "target": "room"}),
    "hold": ("hold", plain),
    "resume": ("resume", plain),
    "mute": ("mute", plain),
    "unmute": ("unmute", plain),
    "kick": ("kick", to_leg),
    "consult": ("transfer", lambda house, leg, n: {"mode": "warm", **to_bo(house, leg, n)}),
    "hand over": ("complete", plain),
    "cancel": ("cancel", plain),
    "swap": ("swap", plain),
    "add": ("add", to_bo),
    "monitor": ("monitor", plain),
    "whisper": ("whisper", plain),
    "barge": ("barge", plain),
    "leave": ("leave", plain),
    "take over": ("take_over", plain),
    "hand back": ("hand_back", plain),
    "pull": ("pull", to_bo),
    "move": ("move", lambda house, leg, n: {"queue": str((house.queue, house.refunds)[n % 2].pk)}),
    "front": ("front", plain),
    "record": ("record", plain),
    "pause": ("pause", plain),
    "resume recording": ("resume_recording", plain),
    "stop recording": ("stop_recording", plain),
    "privacy": ("privacy", plain),
    "end privacy": ("end_privacy", plain),
    "transcribe": ("transcribe", plain),
    "stop transcript": ("stop_transcript", plain),
    "limit": ("limit", lambda house, leg, n: {"minutes": "60"}),
}
# What comes to mind when one of these was done.
THEN = {
    "consult": ("hand over", "cancel", "swap"),
    "swap": ("hand over", "cancel", "swap"),
    "monitor": ("whisper", "barge", "take over", "leave"),
    "whisper": ("barge", "monitor", "leave"),
    "barge": ("monitor", "take over", "leave"),
    "take over": ("hand back", "monitor", "leave", "consult"),
    "add": ("kick", "consult"),
    "hold": ("resume", "consult"),
    "mute": ("unmute",),
    "record": ("pause", "privacy", "stop recording"),
    "pause": ("resume recording", "stop recording", "pause"),
    "privacy": ("end privacy",),
    "transcribe": ("stop transcript", "privacy"),
    "pull": ("hold", "consult", "kick"),
}
# And what fits a call as it is now.
FITS = {
    "waiting": ("pull", "move", "front", "say", "record"),
    "talking": (
        "consult",
        "add",
        "monitor",
        "whisper",
        "barge",
        "take over",
        "hold",
        "mute",
        "say",
        "record",
        "privacy",
    ),
    "held": ("resume", "consult", "take over"),
    "consulting": THEN["consult"],
}


def tells_it_first(house: House) -> list[Any]:
    """The callbacks of those who were hung up are faster than its answer."""

    def answer(sid: str, form: dict[str, str]) -> Any:
        answered = house.twilio.asked(sid, form)
        for line in house.twilio.lines.values():
            if "Status" in form and not line.live and sid in (line.sid, line.parent):
                said = {"CallSid": line.sid, "CallStatus": line.status, **line.people}
                with contextlib.suppress(SimulatedCrash):  # nobody is told then, and who sent the request dies of it
                    house.network.arrives(f"/twilio/status/{line.query}", said)
        connection.close()  # of the far side's own thread
        return answered

    return [answer]


# What Twilio does with the next request. None: the line breaks.
MOODS: dict[str, Any] = {
    "does it": lambda house: [],
    "does it, and the line breaks": lambda house: [lambda sid, form: house.twilio.asked(sid, form) and None],
    "does nothing, and the line breaks": lambda house: [lambda sid, form: None],
    "does it, and tells so before it answers": tells_it_first,
    "has an accident": lambda house: [(500, {})],
    "says no": lambda house: [(400, {"code": 21218, "message": "No.", "status": 400})],
    "has too much to do": lambda house: [(429, {"code": 20429, "message": "No.", "status": 429})] * 2,
}
POINTS = (
    "action.after_requested", "action.after_sending", "action.after_twilio", "action.after_outcome",
    "intake.after_insert", "intake.before_commit", "intake.after_commit", "reconcile.after_read", "tail.after_revision",
)  # fmt: skip
alive = st.sampled_from([""] * 30 + list(POINTS))
any_of = st.integers(0, 60)  # which one, of however many there are


on_a_working_day = precondition(lambda self: not self.off)


def one_of(some: list[Any], number: int) -> Any:
    return some[number % len(some)]


class Day(RuleBasedStateMachine):
    def __init__(self, rest: Rest, clock: Standing, became: Counter[str]) -> None:
        super().__init__()
        self.house = House(rest, clock)
        self.promises = Promises(self.house)
        self.deaths, self.became, self.off = 0, became, True

    @initialize(people=st.integers(0, 40))
    def some_are_talking(self, people: int) -> None:
        """Nobody: a day off. The first that Hypothesis tries is the dullest there is, and need not be looked at."""
        self.off = not people
        for last in range(people % 3 + bool(people)):
            self.house.twilio.phones(f"+1415555018{last}", QUEUED if last else LINE)
        self.house.settles()

    # People and Twilio -----------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.house.live_legs()) < LIVE_AT_ONCE)
    @on_a_working_day
    @rule(last=st.integers(0, 9), to=st.sampled_from([LINE, QUEUED]))
    def somebody_phones(self, last: int, to: str) -> None:
        self.house.twilio.phones(f"+1415555017{last}", to)

    @precondition(lambda self: self.house.live_legs())
    @rule(which=any_of)
    def somebody_hangs_up(self, which: int) -> None:
        self.house.twilio.ends(one_of(self.house.live_legs(), which))

    @rule(agent=st.sampled_from(["ana", "bo", "cy"]))
    def an_agent_goes_or_comes_back(self, agent: str) -> None:
        self.house.twilio.absent ^= {f"client:{agent}"}

    @precondition(lambda self: self.house.twilio.waiting)
    @rule(many=st.integers(1, 5), dies=alive)
    def twilio_goes_on(self, many: int, dies: str) -> None:
        with self.house.dying_at(dies):
            for _ in range(min(many, len(self.house.twilio.waiting))):
                self.house.twilio.waiting.popleft()()

    @precondition(lambda self: any(room.status == "init" for room in self.house.twilio.rooms))
    @rule(which=any_of)
    def the_music_has_a_turn(self, which: int) -> None:
        self.house.twilio.turn(one_of([room for room in self.house.twilio.rooms if room.status == "init"], which))

    @on_a_working_day
    @rule()
    def for_a_while_all_goes_well(self) -> None:
        self.house.twilio.away = False
        self.house.settles()
        self.house.works(12)

    # The network -----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.house.network.under_way)
    @rule(which=any_of, dies=alive, comes=st.sampled_from(["once", "once", "once", "and again", "never"]))
    def a_callback(self, which: int, dies: str, comes: str) -> None:
        """Any of those under way: so they overtake one another. Who gets no answer comes again."""
        said = one_of(self.house.network.under_way, which)
        if comes != "never":
            deaths = self.house.deaths
            with self.house.dying_at(dies):
                self.house.network.arrives(*said)
            if self.house.deaths > deaths:
                return
        if comes != "and again":
            self.house.network.under_way.remove(said)

    # Supervisors -----------------------------------------------------------------------------------------------

    @precondition(lambda self: Call.objects.live().exists())
    @rule(kind=st.sampled_from(sorted(WISHES)), call=any_of, leg=any_of)
    def ben_presses(self, kind: str, call: int, leg: int) -> None:
        self.wants("ben", kind, call, leg)

    @on_a_working_day
    @rule(who=st.sampled_from(["ben", "ben", "kim"]), some=st.lists(st.tuples(any_of, any_of, any_of), max_size=4))
    def somebody_looks_and_does_what_fits(self, who: str, some: list[tuple[int, int, int]]) -> None:
        """One wish after the other; all that is said meanwhile arrives."""
        self.house.twilio.away = False
        for choice, call, leg in some:
            self.house.works(2 * ROUND)
            self.house.settles()
            live = list(Call.objects.live())
            if fitting := [each for each in live if each.status in FITS]:
                wanted = one_of(fitting, call)
                self.wants(who, one_of(FITS[wanted.status], choice), live.index(wanted), leg)

    @precondition(lambda self: self.promises.history)
    @rule(choice=any_of, which=st.integers(0, 3), leg=any_of)
    def and_then_wants_what_comes_to_mind(self, choice: int, which: int, leg: int) -> None:
        last = self.promises.history[-1 - which % len(self.promises.history)]
        kinds, live = THEN.get(last.kind, ()), list(Call.objects.live())
        if kinds and last.call in live:
            self.wants(last.who, one_of(kinds, choice), live.index(last.call), leg)

    @precondition(lambda self: Call.objects.exists())
    @rule(
        who=st.sampled_from(["ben", "ben", "kim", "kim", "sue"]), kind=st.sampled_from(sorted(WISHES)), call=any_of,
        leg=any_of, mood=st.sampled_from(sorted(MOODS)), dies=alive,
    )  # fmt: skip
    def somebody_presses_and_there_is_trouble(
        self, who: str, kind: str, call: int, leg: int, mood: str, dies: str
    ) -> None:
        self.house.rest.answers[:] = MOODS[mood](self.house)
        self.wants(who, kind, call, leg, dies)
        self.house.rest.answers.clear()

    def wants(self, who: str, kind: str, call: int, leg: int, dies: str = "") -> None:
        wanted = one_of(list(Call.objects.live()) or self.house.calls(), call)
        legs = sorted(wanted.legs.values_list("pk", flat=True)) or [""]
        verb, fields = WISHES[kind]
        form = {**fields(self.house, one_of(legs, leg), len(self.promises.history)), "key": new_key()}
        self.promises.invoked(wish := Wish(who, kind, wanted, verb, form))
        self.press(wish, dies)

    @precondition(lambda self: self.promises.history)
    @rule(which=any_of)
    def presses_again(self, which: int) -> None:
        """The same button: the same answer, and nothing more is asked of Twilio."""
        wish = one_of(self.promises.history, which)
        self.promises.find(wish)
        asked, known = len(self.house.rest.asked), wish.action
        self.press(wish, "")
        if known is not None:
            assert len(self.house.rest.asked) == asked
            assert wish.action == known

    def press(self, wish: Wish, dies: str) -> None:
        asked, may = len(self.house.rest.asked), self.house.held[wish.who] == "all"
        with self.house.dying_at(dies):
            response = self.house.wishes(wish.who, wish.call, wish.path, wish.form)
            self.promises.answered(wish, response, may=may, asked=len(self.house.rest.asked) - asked)
        self.promises.find(wish)

    @on_a_working_day
    @rule(who=st.sampled_from(["ben", "kim"]), what=st.sampled_from(["all", "all", "to watch", "nothing"]))
    def rights_change(self, who: str, what: str) -> None:
        self.house.may(who, what)

    # Desks and time --------------------------------------------------------------------------------------------

    @on_a_working_day
    @rule(which=any_of)
    def a_desk_is_cut_off_or_comes_back(self, which: int) -> None:
        watcher = one_of(self.house.watchers, which)
        if watcher.page is not None:
            watcher.is_cut_off()
        else:
            self.house.look()
            watcher.sits_down(self.house.hub)

    @on_a_working_day
    @rule(seconds=st.integers(2, 40), dies=alive)
    def time_passes(self, seconds: int, dies: str) -> None:
        with self.house.dying_at(dies):
            self.house.works(seconds)

    @on_a_working_day
    @rule(seconds=st.sampled_from([5, 60, 700]))
    def the_clock_jumps(self, seconds: int) -> None:
        """Nothing went its round meanwhile: the machine was asleep. Twilio did not wait for that."""
        self.house.twilio.tells()
        self.house.clock.goes_on(seconds)

    @rule(is_there=st.sampled_from([True, True, True, False]))
    def twilios_api_answers(self, is_there: bool) -> None:
        self.house.twilio.away = not is_there

    @on_a_working_day
    @rule()
    def the_process_is_started_anew(self) -> None:
        self.house.restarts()

    # What is promised ------------------------------------------------------------------------------------------

    @invariant()
    def promises_hold(self) -> None:
        if self.off:
            return
        if self.house.deaths > self.deaths:
            self.deaths = self.house.deaths
            self.promises.it_died()
        self.promises.hold()

    def teardown(self) -> None:
        """The dust settles: what is under way arrives, and a few minutes go by. Then all hang up, and no callback of
        it ever comes."""
        if self.off or sys.exc_info()[0] is not None:
            return  # or it broke before: what comes of it now says nothing
        house = self.house
        house.twilio.away = False
        house.settles()
        house.works(150)
        self.promises.hold(look_at_all=True)
        self.promises.hold_in_the_end()
        for sid in house.live_legs():
            house.twilio.ends(sid)
        house.twilio.waiting.clear()
        for _ in range(int(GHOST / ROUND) + 1):
            house.compare()
        self.promises.hold()
        assert not Call.objects.live().exists()
        self.became.update(f"{wish.kind} {wish.outcome}" for wish in self.promises.history)
        self.became["died"] += house.deaths


@pytest.mark.load
@pytest.mark.timeout(3600)
def test_whatever_happens_what_is_promised_holds(rows, rest, monkeypatch, rng):
    """300 days of 80 steps, each made up anew: of many in one run Hypothesis makes most by copying parts of others."""
    clock, became = Standing(monkeypatch), Counter()
    monkeypatch.setattr("tests.control.account.DEEP", 4)
    a_day = hypothesis.settings(
        max_examples=2, stateful_step_count=STEPS, deadline=None, database=None,  # the first one is always the dullest
        # What fails is made as short as can be in a soak; that takes its time.
        phases=(Phase.generate, Phase.shrink) if SOAK else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    class Today(Day):
        def __init__(self) -> None:
            super().__init__(rest, clock, became)

    for _ in range(DAYS):
        run_state_machine_as_test(hypothesis.seed(rng.getrandbits(64))(Today), settings=a_day)
    print(dict(sorted(became.items())))
