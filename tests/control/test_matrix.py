"""What a plan says is what then happens: each wish on each shape of a call, checked against Twilio's own truth."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connections

from calls.models import OPEN_STATES, Action, Audit
from tests.control import scenes
from tests.control.floor import PASSWORD, SPOKEN, TYPED, Desk, Floor, opened
from tests.control.scenes import Scene
from tests.control.witness import Witness, nothing_differs, true_in_the_end

pytestmark = pytest.mark.load
AT_ONCE = 10

SHAPES = {
    "in the greeting": scenes.in_the_greeting,
    "while the agent is rung": scenes.agent_rings,
    "while talking": scenes.talking,
    "talking after a transfer": scenes.talking_after_a_transfer,
    "hearing an announcement": scenes.hears_an_announcement,
    "bridged by another application": scenes.bridged_by_another_application,
    "in a click-to-call": scenes.click_to_call,
    "while the customer is rung": scenes.outbound_rings,
    "with a customer who is alone": scenes.outbound_alone,
    "in a foreign conference": scenes.in_a_foreign_conference,
    "after the end": scenes.ended,
}

# Each: the verb, and what is filled in; `by`: somebody with less rights than the desk's own supervisor.
SPEAKS = f"<Response><Say>{TYPED}</Say></Response>"
HANGS_UP = f"<Response><Say>{TYPED}</Say><Hangup/></Response>"
WISHES = {
    "transfer to an agent": lambda s: ("transfer", {"destination": s.desk.bo}),
    "transfer to a busy number": lambda s: ("transfer", {"destination": s.desk.known["busy"]}),
    "transfer outside": lambda s: ("transfer", {"to": s.desk.outside, "password": PASSWORD}),
    "transfer outside without a password": lambda s: ("transfer", {"to": s.desk.outside}),
    "transfer outside by who may not": lambda s: ("transfer", {"to": s.desk.outside, "by": "junior"}),
    "transfer the other leg": lambda s: ("transfer", {"destination": s.desk.bo, "leg": s.other}),
    "announce": lambda s: ("announce", {"text": SPOKEN}),
    "announce to the other leg": lambda s: ("announce", {"text": SPOKEN, "target": s.other}),
    "end the call": lambda s: ("end", {"target": "call"}),
    "end the caller’s leg": lambda s: ("end", {"target": s.first}),
    "end the other leg": lambda s: ("end", {"target": s.other}),
    "send to a line": lambda s: ("redirect", {"destination": s.desk.known["line"]}),
    "send to a foreign flow": lambda s: ("redirect", {"destination": s.desk.known["flow"]}),
    "send the other leg to a foreign flow": lambda s: (
        "redirect",
        {"destination": s.desk.known["flow"], "leg": s.other},
    ),
    "TwiML that speaks": lambda s: ("redirect", {"twiml": SPEAKS}),
    "TwiML that hangs up": lambda s: ("redirect", {"twiml": HANGS_UP}),
    "TwiML that dials": lambda s: ("redirect", {"twiml": dials(s.desk), "password": PASSWORD}),
    "TwiML that dials, by who may not dial": lambda s: ("redirect", {"twiml": dials(s.desk), "by": "typist"}),
    "TwiML by who may not type it": lambda s: ("redirect", {"twiml": SPEAKS, "by": "junior"}),
}


def dials(desk: Desk) -> str:
    return f"<Response><Dial>{desk.outside}</Dial></Response>"


DONE, GONE, BACKLESS = "confirmed", "refused:call_ended", "refused:no_way_back"
CHILD, RINGS, NO_LEG, BUSY_LINE = "refused:child", "refused:not_answered", "refused:leg", "failed:target_busy"

TABLE: dict[str, dict[str, str]] = {
    "in the greeting": {
        "transfer to an agent": DONE,
        "transfer to a busy number": BUSY_LINE,
        "transfer outside": DONE,
        "announce": DONE,
        "end the call": DONE,
        "end the caller’s leg": DONE,
        "send to a line": DONE,
        "send to a foreign flow": DONE,
        "TwiML that speaks": DONE,
    },
    "while the agent is rung": {
        "transfer to an agent": DONE,
        "transfer to a busy number": BUSY_LINE,
        "transfer the other leg": RINGS,
        "announce": DONE,
        "announce to the other leg": RINGS,
        "end the call": DONE,
        "end the caller’s leg": DONE,
        "end the other leg": DONE,
        "send to a line": DONE,
        "TwiML that speaks": DONE,
    },
    "while talking": {
        "transfer to an agent": DONE,
        "transfer to a busy number": BUSY_LINE,
        "transfer outside": DONE,
        "transfer outside without a password": "refused:step_up",
        "transfer the other leg": CHILD,
        "announce": DONE,
        "announce to the other leg": CHILD,
        "end the call": DONE,
        "end the caller’s leg": DONE,
        "end the other leg": DONE,
        "send to a line": DONE,
        "send to a foreign flow": DONE,
        "send the other leg to a foreign flow": CHILD,
        "TwiML that speaks": DONE,
        "TwiML that hangs up": DONE,
        "TwiML that dials": DONE,
        "TwiML that dials, by who may not dial": "refused:forbidden",
        "TwiML by who may not type it": "refused:forbidden",
        "transfer outside by who may not": "refused:forbidden",
    },
    "talking after a transfer": {
        "transfer to an agent": DONE,
        "transfer to a busy number": BUSY_LINE,
        "announce": DONE,
        "announce to the other leg": CHILD,
        "end the call": DONE,
        "end the other leg": DONE,
        "send to a line": DONE,
    },
    "hearing an announcement": {
        "transfer to an agent": "refused:busy",
        "announce": "refused:busy",
        "end the call": DONE,
        "end the caller’s leg": "refused:busy",
        "send to a foreign flow": "refused:busy",
    },
    "bridged by another application": {
        "transfer to an agent": DONE,
        "transfer to a busy number": BUSY_LINE,
        "transfer the other leg": DONE,
        "announce": DONE,
        "announce to the other leg": BACKLESS,
        "end the call": DONE,
        "end the caller’s leg": DONE,
        "end the other leg": DONE,
        "send to a line": DONE,
        "send to a foreign flow": DONE,
        "send the other leg to a foreign flow": DONE,
        "TwiML that speaks": DONE,
    },
    "in a click-to-call": {
        "transfer to an agent": DONE,
        "transfer to a busy number": BUSY_LINE,
        "transfer outside": DONE,
        "transfer the other leg": DONE,
        "announce": BACKLESS,
        "announce to the other leg": BACKLESS,
        "end the call": DONE,
        "end the caller’s leg": DONE,
        "end the other leg": DONE,
        "send to a line": DONE,
        "send the other leg to a foreign flow": DONE,
    },
    "while the customer is rung": {
        "transfer to an agent": RINGS,
        "announce": RINGS,
        "end the call": DONE,
        "end the caller’s leg": DONE,
        "send to a line": RINGS,
        "TwiML that speaks": RINGS,
    },
    "with a customer who is alone": {
        "transfer to an agent": DONE,
        "transfer to a busy number": BUSY_LINE,
        "announce": BACKLESS,
        "end the call": DONE,
        "send to a line": DONE,
        "send to a foreign flow": DONE,
        "TwiML that speaks": DONE,
    },
    "in a foreign conference": {
        "transfer to an agent": DONE,
        "transfer to a busy number": BUSY_LINE,
        "transfer the other leg": DONE,
        "announce": BACKLESS,
        "end the call": DONE,
        "end the caller’s leg": DONE,
        "end the other leg": DONE,
        "send to a foreign flow": DONE,
        "send the other leg to a foreign flow": DONE,
    },
    "after the end": {
        "transfer to an agent": GONE,
        "announce": GONE,
        "end the call": GONE,
        "send to a line": GONE,
        "TwiML that speaks": GONE,
    },
}
CELLS = [(shape, wish) for shape, wishes in TABLE.items() for wish in wishes]


@dataclass
class Cell:
    """One wish on one call, and what came of it."""

    shape: str
    wish: str
    scene: Scene | None = None
    plan: dict[str, Any] = field(default_factory=dict)
    came: str = ""  # confirmed | failed:<code> | refused:<code>
    sentence: str = ""
    action: Action | None = None
    lies: list[str] = field(default_factory=list)
    error: BaseException | None = None

    def run(self, desk: Desk) -> "Cell":
        try:
            self.scene = SHAPES[self.shape](desk)
            self.make()
        except BaseException as error:  # noqa: BLE001  told by the test of this cell
            self.error = error
        finally:
            connections.close_all()
        return self

    def make(self) -> None:
        """Looked at, wished, settled; and if it was granted, seen at the far side."""
        desk, call = self.scene.desk, self.scene.call
        verb, fields = WISHES[self.wish](self.scene)
        self.plan = desk.plan(call, verb, **fields)
        answer = desk.wish(call, verb, **fields, shape=self.plan["shape"])
        told = answer.json()
        self.sentence = told["message"]
        if told["action"] is None:
            self.came = f"refused:{told['code']}"
            return
        self.action = desk.settled(told["action"])
        self.came = self.action.state + (f":{self.action.code}" if self.action.code else "")
        self.sentence = self.action.message
        self.lies = true_in_the_end(Witness(self.scene, self.plan, self.action))


@pytest.fixture(scope="module")
def floor(database: None) -> Iterator[Floor]:
    with opened(len(CELLS)) as floor:
        yield floor
    connections.close_all()


@pytest.fixture(scope="module")
def came(floor: Floor, request: pytest.FixtureRequest) -> dict[tuple[str, str], Cell]:
    """All cells that were asked for, several at once."""
    asked = [getattr(item, "callspec", None) for item in request.session.items if item.path == request.path]
    wanted = [(one.params["shape"], one.params["wish"]) for one in asked if one is not None]
    cells = [Cell(*names) for names in wanted or CELLS]
    with ThreadPoolExecutor(AT_ONCE) as supervisors:
        done = list(supervisors.map(lambda pair: pair[0].run(pair[1]), zip(cells, floor.desks, strict=False)))
    return {(cell.shape, cell.wish): cell for cell in done}


@pytest.mark.parametrize(("shape", "wish"), CELLS, ids=[f"{wish}, {shape}" for shape, wish in CELLS])
def test_what_the_plan_says_is_what_happens(came: dict[tuple[str, str], Cell], shape: str, wish: str) -> None:
    cell = came[shape, wish]
    if cell.error is not None:
        raise cell.error
    assert cell.came == TABLE[shape][wish], cell.sentence
    if cell.came.startswith("refused"):
        nothing_happened(cell)
    else:
        it_happened(cell)


def nothing_happened(cell: Cell) -> None:
    assert cell.sentence.endswith((".", "s ago).")), cell.sentence
    scene = cell.scene
    assert Action.objects.filter(call=scene.call).count() == scene.wishes
    asked = [one for one in scene.desk.floor.twilio.asked() if one["method"] == "POST"]
    assert sum(sid in one["path"] for sid in scene.legs for one in asked) == scene.wishes


def it_happened(cell: Cell) -> None:
    steps = list(Audit.objects.filter(action_id=cell.action.pk).order_by("id").values_list("what", flat=True))
    settled = f"action.{cell.action.state}"  # by a report, which may be faster than Twilio's answer
    assert [step for step in steps if step != "action.accepted"] == ["action.requested", "action.sending", settled]
    assert cell.plan["effects"] and cell.plan["refusals"] == []
    assert cell.lies == [], f"{cell.plan['effects']} {cell.sentence}"
    before = Action.objects.filter(call=cell.scene.call).exclude(pk=cell.action.pk)
    states = list(before.values_list("state", "message"))
    if cell.shape == "hearing an announcement":
        assert states == [("overtaken", f"Overtaken: {cell.action.by} ended the call.")]
    else:
        assert [state for state, _ in states] == ["confirmed"] * cell.scene.wishes


def test_in_the_end_our_rows_are_twilios_truth(floor: Floor, came: dict[tuple[str, str], Cell]) -> None:
    # Of who phoned in another application nobody says that they were answered, only that they are there, and gone.
    nothing_differs(floor, lambda over, status, parent: (over, parent))
    floor.everybody_hangs_up()
    nothing_differs(floor, lambda over, status, parent: (over, status, parent))
    assert Action.objects.filter(state__in=OPEN_STATES).count() == 0
    assert floor.server.tracebacks() == []
    assert floor.twilio.truth()["notes"] == []
