"""What a desk says when Twilio's answer is lost: done, not done, or that a person must look. Never what is not true.

The program as it runs, on the simulator: each wish × each way to lose an answer, all at once, in real time.
"""

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from calls.control.perform import GRACE
from calls.models import OPEN_STATES, Action
from tests.control.floor import LOBBY, SPOKEN, TYPED, Floor, NotSeen, opened, until
from tests.control.scenes import Scene, talking
from tests.control.witness import nothing_differs
from tests.guards import patience

# One worker makes the floor, for all of them; what it does there for a minute is wait.
pytestmark = pytest.mark.xdist_group("lost answers")
AT_ONCE = 10
# Twilio does it, and we never hear so; or it does not, and says nothing, or something else.
DONE = ("silent_after", "reset_after", "cut")
NOT_DONE = ("silent_before", "reset_before", "500", "502", "not_applied")
WISHES = {
    "TwiML": lambda s: ("redirect", {"twiml": f"<Response><Say>{TYPED}</Say></Response>"}),
    "announce": lambda s: ("announce", {"text": SPOKEN}),
    "transfer": lambda s: ("transfer", {"destination": s.desk.bo}),
    "send to a line": lambda s: ("redirect", {"destination": s.desk.known["line"]}),
    "end the call": lambda s: ("end", {"target": "call"}),
    "end the other leg": lambda s: ("end", {"target": s.other}),
}
A_MINUTE = timedelta(seconds=60)
HELD = 6  # of the gateway's eight places, by requests that get no answer
CELLS = [(wish, fault) for fault in (*NOT_DONE, *DONE) for wish in WISHES]


def expected(wish: str, fault: str) -> str:
    if fault in DONE or wish.startswith("end"):  # to end may be asked for again
        return "confirmed"
    # Nothing of ours is fetched or called back by a document that somebody typed: nobody can know.
    return "abandoned:unknown" if wish == "TwiML" else "failed:not_applied"


@dataclass
class Cell:
    """One wish whose answer is lost, and what came of it."""

    wish: str
    fault: str
    scene: Scene
    answer: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0  # until the supervisor was told something
    action: Action | None = None

    @property
    def asked(self) -> str:
        """The leg that Twilio is asked for."""
        return self.scene.other if self.wish == "end the other leg" else self.scene.first

    @property
    def rule(self) -> dict[str, Any]:
        return {"what": self.fault, "method": "POST", "path": f"Calls/{self.asked}", "times": 1}

    def press(self) -> None:
        verb, fields = WISHES[self.wish](self.scene)
        began = time.monotonic()
        self.answer = self.scene.desk.wish(self.scene.call, verb, **fields).json()
        self.seconds = time.monotonic() - began
        connections.close_all()

    @property
    def came(self) -> str:
        return self.action.state + (f":{self.action.code}" if self.action.code else "")

    @property
    def happened(self) -> bool:
        """At Twilio."""
        desk, first, other = self.scene.desk, self.scene.first, self.scene.other
        match self.wish:
            case "transfer":
                return len(self.rung()) == 1
            case "end the call":
                return desk.truth(first)["over"] and desk.truth(other)["over"]
            case "end the other leg":
                return desk.truth(other)["over"] and not desk.truth(first)["over"]
        words = {"announce": SPOKEN, "TwiML": TYPED, "send to a line": LOBBY}[self.wish]
        return desk.heard(first, words) == 1

    def rung(self) -> list[str]:
        """The legs that Bo was rung by."""
        desk = self.scene.desk
        children = [desk.truth(sid) for sid in desk.floor.children(self.scene.first)]
        return [leg["sid"] for leg in children if leg["to"] == desk.agents["Bo"].contact]

    @property
    def nothing_happened(self) -> bool:
        """They talk on, and nobody has heard or seen anything of it."""
        desk, first = self.scene.desk, self.scene.first
        return desk.truth(first)["connected"] and not self.rung() and not desk.truth(self.scene.other)["over"]


@pytest.fixture(scope="module")
def floor(database: None) -> Iterator[Floor]:
    with opened(len(CELLS)) as floor:
        yield floor
    connections.close_all()


@pytest.fixture(scope="module")
def came(floor: Floor) -> dict[tuple[str, str], Cell]:
    """All talk; all answers are lost; whatever can be known is known a minute later."""

    def meet(number: int) -> Cell:
        try:
            return Cell(*CELLS[number], talking(floor.desks[number]))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as callers:
        cells = list(callers.map(meet, range(len(CELLS))))
    floor.twilio.post("/sim/faults", rest=[cell.rule for cell in cells])
    silent = [cell for cell in cells if cell.fault.startswith("silent")]
    with ThreadPoolExecutor(HELD) as patient, ThreadPoolExecutor(AT_ONCE) as others:
        pressed = [patient.submit(cell.press) for cell in silent]
        pressed += [others.submit(cell.press) for cell in cells if cell not in silent]
    for one in pressed:
        one.result()
    settled = Action.objects.exclude(state__in=OPEN_STATES)
    with contextlib.suppress(NotSeen):
        until(lambda: settled.count() == len(CELLS), "all wishes are settled", within=70)
    for cell in cells:
        cell.action = Action.objects.filter(pk=cell.answer["action"]).first()
    return {(cell.wish, cell.fault): cell for cell in cells}


@pytest.mark.parametrize(("wish", "fault"), CELLS, ids=[f"{wish}, {fault}" for wish, fault in CELLS])
def test_a_lost_answer_ends_as_what_is_true(came: dict[tuple[str, str], Cell], wish: str, fault: str) -> None:
    cell = came[wish, fault]
    action = cell.action
    told = "accepted" if fault == "not_applied" else "unknown"
    # Its effect may have been reported while we still waited.
    assert cell.answer["state"] == told or fault in DONE and cell.answer["state"] == "confirmed", cell.answer
    assert cell.came == expected(wish, fault), action.message
    assert cell.happened if action.state == "confirmed" else cell.nothing_happened
    assert cell.seconds < patience(14)
    assert action.settled_at - (action.due_at - GRACE) < A_MINUTE
    if wish != "TwiML":  # and from the click on, where it can be known
        assert action.settled_at - action.sent_at < A_MINUTE


def test_in_the_end_our_rows_are_twilios_truth(floor: Floor, came: dict[tuple[str, str], Cell]) -> None:
    floor.everybody_hangs_up()
    nothing_differs(floor, lambda over, status, parent: (over, status, parent))
    assert Action.objects.filter(state__in=OPEN_STATES).count() == 0
    assert floor.server.tracebacks() == []
