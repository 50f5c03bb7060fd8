"""Holds what a plan said, and what our rows say, against what Twilio knows."""

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from calls.models import Action, Leg
from tests.control.floor import FLOW, LOBBY, LONG, SPOKEN, TYPED, Desk, Floor, NotSeen, until
from tests.control.scenes import Scene
from tests.guards import patience


def true_in_the_end(witness: "Witness") -> list[str]:
    """What of the plan is not true, after some patience."""
    deadline = time.monotonic() + patience(8)
    while (lies := witness.lies()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return lies + witness.also_ended()


@dataclass
class Witness:
    scene: Scene
    plan: dict[str, Any]
    action: Action

    @property
    def desk(self) -> Desk:
        return self.scene.desk

    def lies(self) -> list[str]:
        return [
            f"{effect['name']} ({effect['fate']}): “{effect['then']}”"
            for effect in self.plan["effects"]
            if not self.true(effect)
        ]

    def true(self, effect: dict[str, str]) -> bool:
        sid, then = effect["leg"], effect["then"]
        match effect["fate"]:
            case "goes":
                return bool(self.over(sid))
            case "stays":
                return not self.over(sid) and self.stays(sid, then)
            case "moves" if self.action.state == Action.State.FAILED:
                return self.is_back(sid)
            case "moves":
                return self.over(sid) == then.endswith(", then is hung up") and self.moved(sid, then)
            case "joins":
                return any(leg["to"] == self.desk.address_of(effect["name"]) for leg in self.new_legs())
        return effect["fate"] == "unsure"

    def over(self, sid: str) -> bool:
        return bool(self.desk.truth(sid)["over"])

    def stays(self, sid: str, then: str) -> bool:
        if then == "stays in the conference":
            return self.desk.truth(sid)["conference_sid"] is not None
        if then == "is put through to the next free agent":
            return self.is_rung(sid, "Cy")
        if then == "goes back to where it was transferred from":
            return self.is_rung(sid, "Ana")
        return then == "is not touched"

    def moved(self, sid: str, then: str) -> bool:
        """By what the plan said in words: whom it talks to now, or what it heard, and where it went on."""
        if found := re.fullmatch(r"hears ringing, then talks to (.+)", then):
            return self.talks_to(sid, found[1])
        if found := re.fullmatch(r"hears it \(about \d+ s\), then (.+)", then):
            return self.heard(sid, SPOKEN) and self.goes_on(sid, found[1])
        if found := re.fullmatch(r"leaves for (.+)", then):
            return self.heard(sid, {"Lobby": LOBBY, "Survey": FLOW}[found[1]])
        if found := re.fullmatch(r"runs Say, then (.+)", then):
            return self.heard(sid, TYPED) and self.goes_on(sid, found[1])
        if then.startswith("runs Dial, then "):
            return any(leg["parent_sid"] == sid and leg["to"] == self.desk.outside for leg in self.new_legs())
        raise AssertionError(f"nobody knows how to see that somebody {then}")

    def is_back(self, sid: str) -> bool:
        """What the plan warned of: nobody answers there."""
        (warning,) = (one for one in self.plan["warnings"] if one.startswith("If nobody answers"))
        if warning.endswith(" is hung up."):
            return self.over(sid)
        if found := re.search(r"goes back: (.+)\.$", warning):
            return not self.over(sid) and self.goes_on(sid, found[1])
        return not self.over(sid) and warning.endswith("goes back to where it was.") and self.starts_over(sid)

    def goes_on(self, sid: str, words: str) -> bool:
        if words == "is hung up":
            return self.over(sid)
        if words == "goes on where it was":
            return self.starts_over(sid)
        found = re.fullmatch(r"(\w+) \d+ is rung again", words)
        return self.is_rung(sid, found[1])

    def is_rung(self, sid: str, agent: str) -> bool:
        contact = self.desk.agents[agent].contact
        return any(leg["parent_sid"] == sid and leg["to"] == contact and leg["ringing_at"] for leg in self.new_legs())

    def starts_over(self, sid: str) -> bool:
        return self.desk.heard(sid, LONG) >= 2

    def talks_to(self, sid: str, name: str) -> bool:
        contact = self.desk.address_of(name)
        mine = [leg for leg in self.new_legs() if leg["parent_sid"] == sid and leg["to"] == contact]
        return self.desk.truth(sid)["connected"] and any(leg["connected"] for leg in mine)

    def heard(self, sid: str, text: str) -> bool:
        return self.desk.heard(sid, text) > 0

    def new_legs(self) -> list[dict[str, Any]]:
        sids = {child for sid in self.scene.legs for child in self.desk.floor.children(sid)}
        return [self.desk.truth(sid) for sid in sorted(sids - {effect["leg"] for effect in self.plan["effects"]})]

    def also_ended(self) -> list[str]:
        """Legs that the plan did not say would end."""
        may = {effect["leg"] for effect in self.plan["effects"] if effect["fate"] in ("goes", "unsure")}
        may |= {effect["leg"] for effect in self.plan["effects"] if "is hung up" in effect["then"] + str(self.warned())}
        return [f"{sid} ended as well" for sid in self.scene.legs if sid not in may and self.over(sid)]

    def warned(self) -> list[str]:
        return self.plan["warnings"] if self.action.state == Action.State.FAILED else []


def nothing_differs(floor: Floor, seen: Callable[[bool, str, str | None], Any]) -> None:
    """Between our rows and Twilio's, once the last callbacks are in."""
    truth = {leg["sid"]: seen(leg["over"], leg["status"], leg["parent_sid"]) for leg in floor.twilio.calls()}

    def differ() -> dict[str, Any]:
        legs = Leg.objects.filter(sid__in=truth).values_list("sid", "ended_at", "status", "parent_id")
        ours = {sid: seen(ended_at is not None, status, parent) for sid, ended_at, status, parent in legs}
        return {sid: (what, ours.get(sid)) for sid, what in truth.items() if ours.get(sid) != what}

    with contextlib.suppress(NotSeen):
        until(lambda: not differ(), "the last callbacks")
    assert differ() == {}
