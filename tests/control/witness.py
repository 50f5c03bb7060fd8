"""Holds what a plan said, and what our rows say, against what Twilio knows."""

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from calls.control.bystanders import NEXT_AGENT
from calls.control.cast import BOT_AGAIN, WAITS_AGAIN
from calls.control.plans.lift import INTO
from calls.flows.queue import NEXT
from calls.models import Action, Leg, Waiting
from tests.control import matrix_tapes
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
        if then.startswith(INTO):
            then = then.removeprefix(INTO).removeprefix(", then ") or "is in the room as before"
            effect = effect | {"then": then, "fate": "stays" if effect["fate"] == "moves" else effect["fate"]}
            return (effect["fate"] == "goes" or self.in_our_room(sid)) and self.true(effect)
        match effect["fate"]:
            case "goes" if then.startswith("is taken out of the room once"):
                return self.over(sid) == (self.action.state == Action.State.CONFIRMED)
            case "goes":
                return bool(self.over(sid))
            case "stays":
                return not self.over(sid) and self.stays(sid, then)
            case "moves" if self.action.state == Action.State.FAILED:
                return self.is_back(sid)
            case "moves":
                return self.over(sid) == then.endswith(", then is hung up") and self.moved(sid, then)
            case "changes":
                return self.changed(sid, then)
            case "joins" if then.startswith("is called into the room"):
                return self.is_called_in(effect["name"])
            case "joins":
                return any(leg["to"] == self.desk.address_of(effect["name"]) for leg in self.joined(then))
        return effect["fate"] == "unsure"

    def joined(self, then: str) -> list[dict[str, Any]]:
        """Those who were called, and do in the room what was said of whoever picks up."""
        _, called, does = then.partition("; whoever picks up ")
        failed = self.action.state == Action.State.FAILED
        return [leg for leg in self.new_legs() if not called or failed or self.changed(leg["sid"], does)]

    def over(self, sid: str) -> bool:
        return bool(self.desk.truth(sid)["over"])

    def stays(self, sid: str, then: str) -> bool:
        if then in ("is in the room as before", "hears it (about 3 s), and stays in the room"):
            return self.desk.truth(sid)["conference_sid"] is not None
        if re.fullmatch(r"hears it \(about \d+ s\) at the next turn of the music.*", then):
            return self.heard(sid, SPOKEN) and self.waits_in(sid)
        if found := re.fullmatch(r"goes on waiting until (.+) answers, then they talk", then):
            return self.waits_in(sid) if self.action.state == Action.State.FAILED else self.is_with(sid, found[1])
        if then == NEXT_AGENT:
            return self.in_a_room(sid)
        if then == "is put through to the next free agent":
            return self.is_rung(sid, self.desk.agents["Cy"].contact)
        if then == "goes back to where it was transferred from":
            return self.is_rung(sid, self.desk.agents["Ana"].contact) or self.goes_on(sid, BOT_AGAIN)
        return then == "is not touched"

    def changed(self, sid: str, then: str) -> bool:
        """Its seat, as Twilio has it, or what runs beside it."""
        if (beside := matrix_tapes.seen(self, sid, then)) is not None:
            return beside
        if found := re.fullmatch(r"(is the first of|waits in) (.+?)(, behind .+)?; hears nothing .*", then):
            return self.waits_in(sid, found[2]) and (found[1] != "is the first of" or self.heard(sid, NEXT))
        if not self.in_a_room(sid):
            return False
        seat = self.desk.seat(sid)
        if then.startswith("hears everybody, and is heard by nobody"):
            return seat["muted"] and not seat["coaching"]
        if then == "is heard by everybody":
            return not seat["muted"] and not seat["coaching"]
        if then == f"is heard by Ana {self.desk.number} alone":
            return seat["coaching"] and not seat["muted"] and seat["call_sid_to_coach"] == self.scene.other
        if then == "hears music and is not heard":
            return seat["hold"] == (self.action.state != Action.State.FAILED) and not self.over(sid)
        if then.startswith("talks to "):
            return self.desk.truth(sid)["connected"] and not seat["hold"]
        if then == "is back in the conversation":
            return not seat["hold"]
        if then in ("hears all, and is not heard", "is heard again"):
            return seat["muted"] == then.startswith("hears")
        raise AssertionError(f"nobody knows how to see that somebody {then}")

    def moved(self, sid: str, then: str) -> bool:
        """By what the plan said in words: whom it talks to now, or what it heard, and where it went on."""
        if found := re.fullmatch(r"hears ringing, then talks to (.+)", then):
            return self.talks_to(sid, found[1])
        if found := re.fullmatch(r"hears it \(about \d+ s\), then (.+)", then):
            return self.heard(sid, SPOKEN) and self.goes_on(sid, found[1])
        if then == BOT_AGAIN:
            return self.goes_on(sid, then)
        if found := re.fullmatch(r"leaves for (.+)", then):
            return self.heard(sid, {"Lobby": LOBBY, "Survey": FLOW}[found[1]])
        if found := re.fullmatch(r"runs Say, then (.+)", then):
            return self.heard(sid, TYPED) and self.goes_on(sid, found[1])
        if then.startswith("runs Dial, then "):
            return any(leg["parent_sid"] == sid and leg["to"] == self.desk.outside for leg in self.new_legs())
        raise AssertionError(f"nobody knows how to see that somebody {then}")

    def in_our_room(self, sid: str) -> bool:
        """In the room of the call, where somebody was moved for this."""
        name = f"call-{self.scene.call.pk}"
        rooms = self.desk.floor.rest("GET", "Conferences", params={"FriendlyName": name})["conferences"]
        return self.desk.truth(sid)["conference_sid"] in [room["sid"] for room in rooms]

    def in_a_room(self, sid: str) -> bool:
        return self.desk.truth(sid)["conference_sid"] is not None

    def waits_in(self, sid: str, queue: str = "") -> bool:
        """Alone in the room, and in this queue by our row: Twilio knows of none."""
        place = Waiting.objects.filter(call__legs=sid, left_at=None, queue__name=queue or self.desk.queue.name)
        return self.in_a_room(sid) and not self.desk.truth(sid)["connected"] and place.exists()

    def is_with(self, sid: str, name: str) -> bool:
        there = self.desk.rung(self.desk.address_of(name), besides=self.scene.legs)
        return self.desk.truth(sid)["connected"] and self.desk.truth(there.sid)["connected"]

    def is_called_in(self, name: str) -> bool:
        legs = [leg for leg in self.desk.floor.twilio.calls() if leg["to"] == self.desk.address_of(name)]
        return any(leg["sid"] not in self.scene.legs for leg in legs)

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
        if words == WAITS_AGAIN:
            return self.in_a_room(sid)
        if words == "goes on where it was":
            return self.starts_over(sid)
        if words == BOT_AGAIN:
            return self.desk.talks_to_the_bot(sid) >= 2
        return self.is_rung(sid, self.desk.address_of(words.removesuffix(" is rung again")))

    def is_rung(self, sid: str, contact: str) -> bool:
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
        # Whoever was called into a room is nobody's child.
        sids |= set(Leg.objects.filter(call=self.scene.call).values_list("sid", flat=True))
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
