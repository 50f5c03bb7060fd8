"""What is promised of a floor (README, “What it promises”), looked at after every step and once more in the end.

The history is kept as Jepsen does: a wish is invoked, and ends as ok (confirmed), fail (failed, refused, overtaken) or
info (nobody knows, or the process died over it). What is info has to be resolved in the end.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from calls.control.perform import LEASE
from calls.intake.lifecycle import RANKS
from calls.live.hub import Hub
from calls.live.mirror import Mirror
from calls.live.tail import read
from calls.models import OPEN_STATES, Action, Audit, AuditHead, Call, Leg
from tests.control.house import ROUND, House
from tests.live.floor import Page

GHOST = 90.0  # seconds that a call may be shown after it ended, however many callbacks are lost
NOT_FOUND = 404
HUMAN = 60.0  # seconds after which nobody waits for the effect of a wish any more
# From each state of a wish, those that may come next; "" is where it begins.
NEXT = {
    "": {"requested"},
    # A part that is not sent any more is followed by what makes good the part before.
    "requested": {"sending", "failed", "unknown", "overtaken", "requested"},
    "sending": {"accepted", "failed", "unknown", "confirmed", "requested", "overtaken"},
    # What insists (a pause) says in the end that nobody knows, though Twilio took it.
    "accepted": {"confirmed", "failed", "abandoned", "overtaken", "sending", "requested", "unknown"},
    # And when it has tried three times it says once more that nobody knows, and what to do.
    "unknown": {"confirmed", "failed", "abandoned", "overtaken", "sending", "requested", "unknown"},
}
HEARD_NOTHING = {"call_ended", "not_applied", "not_sent", "unreachable", "credentials", "21218", "20429"}


@dataclass
class Wish:
    """One click: what was invoked, and each answer to it (HTTP status, state); none if the process died over it."""

    who: str
    kind: str
    call: Any
    path: str
    form: dict[str, str]
    answers: list[tuple[int, str]] = field(default_factory=list)
    action: Action | None = None

    @property
    def outcome(self) -> str:
        """ok, fail or info, as of now."""
        state = self.action.state if self.action else "refused" if self.answers else "failed"
        return {"confirmed": "ok", "failed": "fail", "refused": "fail", "overtaken": "fail"}.get(state, "info")


SAYS = ("announce", "say")
PHONES = ("client:ben", "client:kim", "client:sue")


class Promises:
    def __init__(self, house: House) -> None:
        self.house = house
        self.history: list[Wish] = []
        self.ranks: dict[str, int] = {}
        self.ended: set[Any] = set()
        self.settled: dict[Any, str] = {}
        self.since: dict[Any, float] = {}  # when, in working seconds, a wish was first seen open
        self.over: dict[str, float] = {}  # when, in working seconds, a leg was first seen over at Twilio
        self.audited, self.hash = 0, ""
        self.seen: Any = None
        self.live: list[Call] = []
        self.actions: list[Action] = []
        self.steps: dict[Any, str] = defaultdict(str)

    # After every step ------------------------------------------------------------------------------------------

    def hold(self, *, look_at_all: bool = False) -> None:
        """The rows are read when the board has moved; what depends on time or on Twilio is looked at in any case."""
        self.house.look()
        seen = (self.house.hub, self.house.hub.mirror.revision, [watcher.shows for watcher in self.house.watchers])
        if look_at_all or seen != self.seen:
            self.seen = seen
            self.live = list(Call.objects.live().prefetch_related("legs"))
            self.actions = list(Action.objects.select_related("by"))
            self.no_status_goes_back()
            self.every_board_is_exact_and_shows_nothing_else()
        self.nobody_is_shown_for_long_after_the_end()
        self.nothing_is_done_twice()
        self.every_wish_is_settled_in_time()
        self.the_audit_tells_every_step()

    def no_status_goes_back(self) -> None:
        """G3. An ended call is live again only if it says that it was reopened."""
        for sid, status in Leg.objects.values_list("sid", "status"):
            assert RANKS[status] >= self.ranks.get(sid, 0), f"{sid} is {status} again"
            self.ranks[sid] = RANKS[status]
        for call in self.live:
            assert call.reopened_at or call.pk not in self.ended, f"{call.pk} lives again, and nothing says why"
        self.ended |= set(Call.objects.exclude(ended_at=None).values_list("pk", flat=True))

    def nobody_is_shown_for_long_after_the_end(self) -> None:
        """G4, in seconds in which the program was at work and Twilio's API answered."""
        house = self.house
        for sid, line in house.twilio.lines.items():
            if not line.live:
                self.over.setdefault(sid, house.ticked)
        if house.twilio.away:
            self.over = dict.fromkeys(self.over, house.ticked)
        late = {sid for sid, at in self.over.items() if house.ticked - at > GHOST + 2 * ROUND}
        for call in self.live:
            legs = {leg.sid for leg in call.legs.all()}
            assert not legs <= late, f"{call.pk} is live, and all of {sorted(legs)} were over {GHOST:.0f} s ago"

    def it_died(self) -> None:
        """Who begins anew begins to count anew."""
        self.over = dict.fromkeys(self.over, self.house.ticked)

    def every_board_is_exact_and_shows_nothing_else(self) -> None:
        """G6 and G11. What is right for whom is asked of the house, and not of the stream."""
        now = read("", 0)
        anew = Mirror()
        anew.start(now.epoch, now.revision, now.cards)
        fresh = Hub(anew, lambda: 0.0)
        for watcher in self.house.watchers:
            if watcher.page is not None:
                shown = watcher.page.board.calls
                true = Page(fresh, watcher.page.desk.rights.audience).open().board.calls
                for pk in shown.keys() | true.keys():
                    assert not (wrong := differing(shown.get(pk, {}), true.get(pk, {}))), f"{pk} is shown with {wrong}"
                team = self.house.sees(watcher.user.username)
                assert set(shown) == {str(call.pk) for call in self.live if team and call.team_id == team.pk}

    def nothing_is_done_twice(self) -> None:
        """G7. A document is put on a leg once, an announcement is heard once, and nobody is called in twice."""
        twice = {what: times for what, times in self.house.twilio.done.items() if times > 1}
        assert not twice, f"done twice: {twice}"
        heard = [said for said in self.house.twilio.heard if said[1].startswith("Announcement ")]
        assert len(heard) == len(set(heard))

    def every_wish_is_settled_in_time(self) -> None:
        """G8; and what is settled stays as it is."""
        for action in self.actions:
            known = self.settled.get(action.pk)
            assert known in (None, action.state), f"{action} was {known}"
            if not action.open:
                self.settled[action.pk] = action.state
                continue
            since = self.since.setdefault((action.pk, action.step), self.house.ticked)
            patience = action.part["seconds"] + HUMAN if action.due_at else LEASE.total_seconds()
            passed = self.house.ticked - since
            assert passed <= patience + 2 * ROUND, f"{action} ({action.code}) after {passed:.0f} s"

    def the_audit_tells_every_step(self) -> None:
        """G12: one unbroken chain, and in it every wish goes from state to state as it may."""
        for row in Audit.objects.filter(pk__gt=self.audited).order_by("pk"):
            assert (row.previous, row.hash) == (self.hash, row.seal())
            self.audited, self.hash = row.pk, row.hash
            if row.action_id:
                state = row.facts["state"]
                assert state in NEXT.get(self.steps[row.action_id], ()), f"{self.steps[row.action_id]} to {state}"
                self.steps[row.action_id] = state
        for action in self.actions:
            assert self.steps[action.pk] == action.state, "its last step is not in the audit"

    # A click ---------------------------------------------------------------------------------------------------

    def invoked(self, wish: Wish) -> None:
        self.history.append(wish)

    def answered(self, wish: Wish, response: Any, *, may: bool, asked: int) -> None:
        """`may`: did they have the right when they pressed? `asked`: how many requests went to Twilio meanwhile."""
        told = response.json() if response.status_code != NOT_FOUND else {}
        wish.answers.append((response.status_code, told.get("state", "")))
        if not may and not wish.action:
            assert response.status_code in (403, 404) and asked == 0, "who has no right any more moves nothing"
        if told.get("action"):
            assert wish.action in (None, Action(pk=told["action"])) or str(wish.action.pk) == told["action"]
        if told.get("state") == "refused":
            assert asked == 0
            assert Audit.objects.latest("pk").what == "action.refused"

    def find(self, wish: Wish) -> None:
        wish.action = Action.objects.filter(key=wish.form["key"]).first()

    # In the end ------------------------------------------------------------------------------------------------

    def hold_in_the_end(self) -> None:
        house = self.house
        for wish in self.history:
            self.find(wish)
            assert wish.outcome != "info" or wish.action.state == "abandoned", f"{wish} is not resolved"
            if wish.outcome == "ok":
                self.it_was_done(wish)
            elif wish.action is not None and wish.action.state == "failed" and wish.action.code in HEARD_NOTHING:
                assert wish.kind not in SAYS or wish.form["text"] not in self.heard()
        self.exclusive_wishes_do_not_overlap()
        assert AuditHead.objects.get().hash == self.hash
        self.nobody_is_left_in_a_silent_room()
        for leg in Leg.objects.all():
            line = house.twilio.lines[leg.sid]
            assert (leg.ended_at is None, leg.status) == (line.live, line.status), f"{leg.sid} at Twilio: {line.status}"

    def nobody_is_left_in_a_silent_room(self) -> None:
        """Whoever phoned in and is in a room that has begun has somebody there who can talk."""
        for room in self.house.twilio.rooms:
            supervisors = {sid for sid in room.places if self.house.twilio.lines[sid].number in PHONES}
            listening = {sid for sid in supervisors if room.places[sid].muted or room.places[sid].coaching}
            for sid in room.places:
                alone = not (room.places.keys() - listening - {sid})
                assert not alone or room.status == "init" or sid in listening, f"{sid} is alone in {room.name}"

    def it_was_done(self, wish: Wish) -> None:
        """As far as nobody could have undone it since."""
        if wish.kind in SAYS:
            assert wish.form["text"] in self.heard()
        for part in wish.action.parts:
            for proof in part["proof"].get("all", [part["proof"]]):
                self.it_is_so(wish, proof)

    def it_is_so(self, wish: Wish, proof: dict[str, Any]) -> None:
        twilio, seen = self.house.twilio, wish.action.seen
        for sid in proof.get("ended", ()):
            assert Leg.objects.get(pk=sid).ended_at and not twilio.lines[sid].live
        rooms = {name: room for room in twilio.rooms for name in (room.name, room.sid)}
        for sid in proof.get("gone", ()):
            assert sid not in rooms[proof["room"]].places, f"{wish.kind}: {sid} is in the room"
        if "entered" in proof:
            assert set(seen["legs"]) & {sid for room in twilio.rooms for sid in room.been}, f"{wish.kind}: nobody came"
        if "seated" in proof:
            assert set(proof["seated"]) <= {sid for room in twilio.rooms for sid in room.been}
        for sid in proof.get("silent", ()):
            assert not twilio.beside.taps[sid].live, f"{wish.kind}: {sid} runs"
        if "began" in proof:
            assert set(seen["taps"]) <= twilio.beside.taps.keys()

    def heard(self) -> list[str]:
        return [text for _, text in self.house.twilio.heard]

    def exclusive_wishes_do_not_overlap(self) -> None:
        """G9."""
        assert not Action.objects.filter(state__in=OPEN_STATES).exists()
        by_call = defaultdict(list)
        for action in Action.objects.filter(exclusive=True).order_by("requested_at", "settled_at"):
            by_call[action.call_id].append(action)
        for actions in by_call.values():
            for one, other in zip(actions, actions[1:], strict=False):
                assert one.settled_at <= other.requested_at, f"{one} and {other} at the same time"


def differing(shown: dict[str, Any], true: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (shown.get(name), true.get(name)) for name in {*shown, *true} if shown.get(name) != true.get(name)}
