"""Drills: which there are, what happens in one, and how well somebody did. `manage.py drill` runs them."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.contrib.auth.models import User
from django.utils import timezone

from calls.models import Action, Call, Drill, Line, name_of

FOLDER = Path(__file__).parent / "drills"
# Simulated seconds within which the caller has to be talking with an agent.
ARRIVES_WITHIN = 150
POINTS = {"noticed": 40, "verb": 40, "served": 20}
Outcome = Drill.Outcome


@dataclass(frozen=True)
class Script:
    """What a drill's file says. Seconds are simulated, from the cue on; `cue_after` is from the answer on."""

    name: str
    about: str
    scenario: str  # of the simulator
    caller: str  # who of it the drill is about
    cue: str
    cue_after: float
    notice_within: float
    lost_after: float
    right: list[str]
    instead: dict[str, str]  # what would have been better, by what was done


def scripts() -> dict[str, Script]:
    """By their names in small letters."""
    found = [Script(**tomllib.loads(path.read_text())) for path in sorted(FOLDER.glob("*.toml"))]
    return {script.name.lower(): script for script in found}


class Run:
    """One drill, looked at again and again until it is over. `say` is told of everything that happens, once."""

    def __init__(self, script: Script, line: Line, *, speed: float, say: Callable[[str], None]) -> None:
        assert line.team is not None  # noqa: S101 - whoever chooses the line sees to it
        self.script, self.speed, self.say = script, speed, say
        self.line, self.said = line, set[str]()
        self.talking_since: datetime | None = None
        self.drill = Drill.objects.create(name=script.name, team=line.team, started_at=timezone.now())

    def look(self) -> bool:
        """Is it over?"""
        drill = self.drill
        drill.refresh_from_db()
        if drill.call_id is None and not self.find_call():
            return self.gave_up("The caller never came.")
        call = Call.objects.select_related("agent").get(drill=drill)
        actions = list(call.actions.select_related("by").order_by("requested_at"))
        # Who acts before anybody raises a hand needs no hand.
        if drill.cued_at is None and not actions and not self.cue(call):
            return self.gave_up("No agent talked with the caller long enough.", ended=call.ended_at is not None)
        self.notice(actions)
        served = next((one for one in actions if self.right(one) and one.state == Action.State.CONFIRMED), None)
        late = self.since_cue(timezone.now()) > self.script.lost_after
        if served is None and call.ended_at is None and not late:
            return False
        self.judge(actions, served)
        return True

    def find_call(self) -> bool:
        drill = self.drill
        found = Call.objects.filter(from_number=self.script.caller, line=self.line, drill=None)
        drill.call = found.filter(heard_at__gte=drill.started_at).first()
        if drill.call is not None:
            drill.save(update_fields=["call"])
            self.once("The call is on the desk, and looks like any other.")
        return drill.call is not None

    def cue(self, call: Call) -> bool:
        """After they have talked for a while, somebody raises a hand: the desk cannot hear what is said."""
        if call.status != Call.Status.TALKING or call.agent is None:
            return False
        # By our own clock: Twilio's times are the simulator's, whose clock may be a faster one.
        self.talking_since = self.talking_since or timezone.now()
        if self.seconds(self.talking_since, timezone.now()) < self.script.cue_after:
            return False
        self.drill.cue = self.script.cue.format(agent=call.agent.name)
        self.drill.cued_at = timezone.now()
        self.drill.save(update_fields=["cue", "cued_at"])
        self.once(f"{self.drill.cue} The desks are told.")
        return True

    def notice(self, actions: list[Action]) -> None:
        """A call that is open on the desk already is not opened again: then the first wish shows it."""
        drill = self.drill
        first = next((one for one in actions if one.requested_at >= (drill.cued_at or one.requested_at)), None)
        if first and (drill.noticed_at is None or first.requested_at < drill.noticed_at):
            drill.noticed_at, drill.noticed_by = first.requested_at, first.by
            drill.save(update_fields=["noticed_at", "noticed_by"])
        if drill.noticed_at is not None:
            self.once(f"Noticed by {named(drill.noticed_by)} after {self.since_cue(drill.noticed_at):.0f} s.")
        for action in actions:
            self.once(f"{named(action.by)}: {action.verb}, {action.state}.", key=f"{action.pk} {action.state}")

    def judge(self, actions: list[Action], served: Action | None) -> None:
        drill = self.drill
        chosen = served or next((one for one in actions if self.right(one)), None) or next(iter(actions), None)
        drill.verb = chosen.verb if chosen else ""
        drill.outcome = Outcome.SERVED if served else Outcome.LOST
        wrong = next((one.verb for one in actions if not self.right(one)), "")
        noticed = None if drill.noticed_at is None else self.since_cue(drill.noticed_at)
        drill.score, drill.remarks = judged(self.script, noticed, drill.verb, wrong, served=served is not None)
        self.end()

    def gave_up(self, why: str, *, ended: bool = False) -> bool:
        if not ended and self.seconds(self.drill.started_at, timezone.now()) < ARRIVES_WITHIN:
            return False
        self.stop(why)
        return True

    def stop(self, why: str) -> None:
        """It says nothing of anybody."""
        self.drill.outcome, self.drill.remarks = Outcome.STOPPED, [why]
        self.end()

    def end(self) -> None:
        self.drill.ended_at = timezone.now()
        self.drill.save(update_fields=["verb", "outcome", "score", "remarks", "ended_at"])

    def right(self, action: Action) -> bool:
        return action.verb in self.script.right

    def since_cue(self, at: datetime) -> float:
        return self.seconds(self.drill.cued_at or at, at)

    def seconds(self, since: datetime, until: datetime) -> float:
        """Simulated ones: with a faster clock there is less time to think."""
        return max(0.0, (until - since).total_seconds() * self.speed)

    def once(self, sentence: str, *, key: str = "") -> None:
        if (key or sentence) not in self.said:
            self.said.add(key or sentence)
            self.say(sentence)


def judged(script: Script, noticed: float | None, verb: str, wrong: str, *, served: bool) -> tuple[int, list[str]]:
    """The score, of 100, and why. `noticed`: seconds after the cue; `wrong`: the first wrong verb, if there was one."""
    found = verb in script.right
    points = notice_points(script, noticed)
    points += 0 if not found else POINTS["verb"] // 2 if wrong else POINTS["verb"]
    points += POINTS["served"] if served else 0
    return points, [
        noticed_in_words(script, noticed),
        *verb_in_words(script, verb, wrong),
        outcome_in_words(found, served),
    ]


def notice_points(script: Script, noticed: float | None) -> int:
    """All within the time that the drill gives, then fewer and fewer; none after four times as long."""
    if noticed is None:
        return 0
    over = max(0.0, noticed - script.notice_within) / (3 * script.notice_within)
    return round(POINTS["noticed"] * max(0.0, 1 - over))


def noticed_in_words(script: Script, noticed: float | None) -> str:
    if noticed is None:
        return "Nobody opened the call."
    after = f"Noticed after {noticed:.0f} s"
    if noticed <= script.notice_within:
        return f"{after}: in time."
    return f"{after}: {script.notice_within:.0f} s would have been in time."


def verb_in_words(script: Script, verb: str, wrong: str) -> list[str]:
    better = [script.instead[wrong]] if wrong in script.instead else []
    if not verb:
        return [f"Nothing was done. {script.instead['nothing']}"]
    if verb not in script.right:
        return [f"Wrong: {verb}.", *better]
    return [f"Right: {verb}, but not at once: {wrong} came first.", *better] if wrong else [f"Right: {verb}."]


def outcome_in_words(found: bool, served: bool) -> str:
    if served:
        return "The effect was seen: the caller was served in time."
    return "It came too late, or had no effect: the caller was lost." if found else "The caller was lost."


def named(user: User | None) -> str:
    return name_of(user) if user else "somebody"
