"""What a plan says is what then happens: each wish on each shape of a call, checked against Twilio's own truth."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connections

from calls.models import OPEN_STATES, Action, Audit
from tests.control import matrix_bots, matrix_calls, matrix_ears, matrix_queues, matrix_tapes, matrix_third
from tests.control.floor import Desk, Floor, opened
from tests.control.scenes import Scene
from tests.control.witness import Witness, nothing_differs, true_in_the_end
from tests.guards import SOAK

pytestmark = [pytest.mark.floor, pytest.mark.timeout(20 * 60)]  # the first of them waits until all cells were tried
AT_ONCE = 10

OPEN_BEFORE = ("hearing an announcement", "while the consulted one rings")  # a wish that is not over

SHAPES: dict[str, Callable[[Desk], Scene]] = {}
WISHES: dict[str, Callable[[Scene], tuple[str, dict[str, str]]]] = {}
TABLE: dict[str, dict[str, str]] = {}
for family in (matrix_calls, matrix_ears, matrix_queues, matrix_tapes, matrix_third, matrix_bots):
    SHAPES |= family.SHAPES
    WISHES |= family.WISHES
    for of_shape, cells in family.TABLE.items():
        TABLE.setdefault(of_shape, {}).update(cells)
CELLS = [(shape, wish) for shape, wishes in TABLE.items() for wish in wishes]
IN_CI = 270


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """All of them in a soak; else as many as CI has time for, by the seed of the run."""
    if "wish" in metafunc.fixturenames:
        order = random.Random(str(metafunc.config.option.seed))
        some = CELLS if SOAK else sorted(order.sample(CELLS, min(IN_CI, len(CELLS))), key=CELLS.index)
        metafunc.parametrize(("shape", "wish"), some, ids=[f"{wish}, {shape}" for shape, wish in some])


def asked_for(session: pytest.Session, path: Any) -> list[tuple[str, str]]:
    """The cells that this run is to try."""
    asked = [getattr(item, "callspec", None) for item in session.items if item.path == path]
    return [(one.params["shape"], one.params["wish"]) for one in asked if one is not None] or CELLS


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

    def wished(self, verb: str, fields: dict[str, str]) -> dict[str, Any]:
        """The answer to what was decided by the plan."""
        self.plan = self.scene.desk.plan(self.scene.call, verb, **fields)
        return self.scene.desk.wish(self.scene.call, verb, **fields, shape=self.plan["shape"]).json()

    def make(self) -> None:
        """Looked at, wished, settled; and if it was granted, seen at the far side."""
        desk = self.scene.desk
        verb, fields = WISHES[self.wish](self.scene)
        told = self.wished(verb, fields)
        if told.get("code") == "changed":  # as it says: “Look again, then decide.”
            before, told = self.plan, self.wished(verb, fields)
            assert self.plan["effects"] != before["effects"], "and something has changed"
        self.sentence = told["message"]
        if told["action"] is None:
            self.came = f"refused:{told['code']}"
            return
        self.action = desk.settled(told["action"], within=45)
        self.came = self.action.state + (f":{self.action.code}" if self.action.code else "")
        self.sentence = self.action.message
        self.lies = true_in_the_end(Witness(self.scene, self.plan, self.action))


@pytest.fixture(scope="module")
def floor(database: None, request: pytest.FixtureRequest) -> Iterator[Floor]:
    with opened(len(asked_for(request.session, request.path))) as floor:
        yield floor
    connections.close_all()


@pytest.fixture(scope="module")
def came(floor: Floor, request: pytest.FixtureRequest) -> dict[tuple[str, str], Cell]:
    """All cells that were asked for, several at once."""
    cells = [Cell(*names) for names in asked_for(request.session, request.path)]
    with ThreadPoolExecutor(AT_ONCE) as supervisors:
        done = list(supervisors.map(lambda pair: pair[0].run(pair[1]), zip(cells, floor.desks, strict=False)))
    return {(cell.shape, cell.wish): cell for cell in done}


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
    if cell.shape != "while the consulted one rings":  # that wish goes on by itself, and then is made good
        assert sum(sid in one["path"] for sid in scene.legs for one in asked) == scene.posts


def it_happened(cell: Cell) -> None:
    steps = list(Audit.objects.filter(action_id=cell.action.pk).order_by("id").values_list("what", flat=True))
    parts = 1 + len(cell.action.step.split(".")) if cell.action.step else 1
    settled = f"action.{cell.action.state}"  # by a report, which may be faster than Twilio's answer
    sent = [step for step in steps if step not in ("action.accepted", "action.unknown")]
    # What cannot wait is sent again at once, on a busy machine.
    sent = list(dict.fromkeys(sent)) if cell.action.verb in ("pause", "privacy") else sent
    assert sent == ["action.requested", "action.sending"] * parts + [settled]
    assert cell.plan["effects"] and cell.plan["refusals"] == []
    assert cell.lies == [], f"{cell.plan['effects']} {cell.sentence}"
    before = Action.objects.filter(call=cell.scene.call, requested_at__lt=cell.action.requested_at)
    states = list(before.values_list("state", "message"))
    if cell.shape in OPEN_BEFORE and not cell.action.exclusive:
        assert {state for state, _ in states} <= {
            "accepted",
            "confirmed",
            "requested",
            "sending",
            "failed",
        }  # it went on
    elif cell.shape in OPEN_BEFORE:
        what = "ended the call" if cell.action.verb == "end" else "canceled it"
        assert states == [("overtaken", f"Overtaken: {cell.action.by} {what}.")]
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
