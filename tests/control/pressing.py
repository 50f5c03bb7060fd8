"""A supervisor who presses whatever may be pressed, and what must be true of the callers all the same.

Nobody hangs up by themselves here: a caller who is gone was hung up by this test, or by a wish that had said so.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import requests

from calls.control.verbs import VERBS
from calls.models import OPEN_STATES, Action, Agent, Leg, Report
from tests.control import scenes
from tests.control.floor import SPOKEN, Desk, NotSeen, until
from tests.control.scenes import Scene

RARE = {"end": 0.15, "redirect": 0.3, "kick": 0.4, "limit": 0.2}
PRESSES = 12  # on one call at most
TRIES = 6  # until something is found that may be pressed
LEAVES = ("leaves for", "runs ", "goes on as")  # for where nobody knows what becomes of them


def out_of_the_queue(desk: Desk) -> Scene:
    """In a room with whoever of the agents is free."""
    return talks(desk, desk.waits(skill=""))


def put_through(desk: Desk) -> Scene:
    """By <Dial>, with whoever of the agents is free."""
    return talks(desk, desk.ring(desk.line))


def talks(desk: Desk, caller: str) -> Scene:
    until(lambda: desk.truth(caller)["connected"], "somebody talks with the caller")
    call = desk.sees(caller)
    there = Leg.objects.filter(call=call, role=Leg.Role.AGENT, status="in-progress")
    until(there.exists, "the agent is there, by our rows")
    return Scene(desk, call, caller)


SCENES: list[Callable[[Desk], Scene]] = [
    out_of_the_queue, out_of_the_queue, out_of_the_queue, put_through, scenes.waiting, scenes.in_the_greeting,
]  # fmt: skip


@dataclass
class Told:
    """What came of it all."""

    pressed: Counter[str] = field(default_factory=Counter)  # "hold 202"
    calls: int = 0
    lost: list[str] = field(default_factory=list)
    late: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        verbs = sorted({key.split()[0] for key in self.pressed})
        rows = [
            f"{verb:<16}" + "  ".join(f"{key.split()[1]} × {times}" for key, times in sorted(self.pressed.items())
                                       if key.split()[0] == verb)
            for verb in verbs
        ]  # fmt: skip
        return [f"{self.calls} calls, {sum(self.pressed.values())} presses", *rows]


class Presser:
    """One supervisor at one desk, by one seed."""

    def __init__(self, desk: Desk, told: Told, seed: str) -> None:
        self.desk, self.told, self.chance = desk, told, Random(seed)
        self.hung_up: set[str] = set()

    def works(self, until_when: float) -> None:
        while time.monotonic() < until_when:
            scene = self.chance.choice(SCENES)
            try:
                self.serves(scene(self.desk), until_when)
            except NotSeen as error:
                self.told.wrong.append(f"{scene.__name__}: {error}")
            finally:
                self.clears_up()

    def serves(self, scene: Scene, until_when: float) -> None:
        self.told.calls += 1
        caller = next((sid for sid in scene.legs if Leg.objects.filter(pk=sid, role="caller").exists()), "")
        for _ in range(self.chance.randint(2, PRESSES)):
            scene.call.refresh_from_db()
            if scene.call.ended_at or time.monotonic() > until_when:
                break
            if self.chance.random() < 0.1:
                self.somebody_hangs_up(scene)
            self.presses(scene)
            self.looks_for_late_ones(scene)
            time.sleep(self.chance.choice([0.0, 0.2, 0.8, 2.0]))
        if caller and self.desk.truth(caller)["over"] and caller not in self.hung_up:
            self.is_explained(scene, caller)

    # What is pressed -------------------------------------------------------------------------------------------

    def presses(self, scene: Scene, again: int = TRIES) -> None:
        """As a rule something that the page lets them press."""
        verb = self.chance.choice([one for one in VERBS if self.chance.random() < RARE.get(one, 1.0)])
        choices = self.get(f"/calls/{scene.call.pk}/{verb}/")
        if choices.status_code != 200:  # what may not be done says why here
            self.note(verb, choices.status_code)
            return
        fields = self.fills_in(verb, choices.json())
        plan = self.get(f"/calls/{scene.call.pk}/{verb}/plan/", fields)
        if plan.status_code != 200:
            self.told.wrong.append(f"{verb} {fields}: plan {plan.status_code}")
            return
        if not plan.json()["allowed"] and self.chance.random() < 0.9:
            if again:
                self.presses(scene, again - 1)
            return
        answer = self.desk.wish(scene.call, verb, **fields, shape=plan.json()["shape"])
        self.note(verb, answer.status_code)
        # Between the look and the press the call may have changed, so a granted plan may be refused; not the other way.
        if answer.status_code >= 500 or (answer.status_code < 300 and not answer.json()["action"]):
            self.told.wrong.append(f"{verb} {fields}: {answer.status_code} {answer.text[:200]}")

    def fills_in(self, verb: str, choices: dict[str, Any]) -> dict[str, str]:
        """Something of each thing that there is to choose."""
        fields: dict[str, str] = {}
        if legs := choices.get("legs"):
            fields["target" if verb == "announce" else "leg"] = self.chance.choice(legs)["sid"]
        for plural, name, key in (
            ("targets", "target", "target"), ("destinations", "destination", "id"), ("queues", "queue", "id"),
        ):  # fmt: skip
            if some := choices.get(plural):
                fields[name] = str(self.chance.choice(some)[key])
        if verb == "announce":
            fields["text"] = SPOKEN
        if verb == "transfer":
            fields["mode"] = self.chance.choice(["blind", "warm"])
        if "minutes" in choices:
            fields["minutes"] = "30"
        return fields

    def somebody_hangs_up(self, scene: Scene) -> None:
        live = list(Leg.objects.filter(call=scene.call, ended_at=None).values_list("sid", flat=True))
        if live:
            sid = self.chance.choice(live)
            # An agent's end may end the call as well: the queue says so, or the other application.
            self.hung_up.update(live)
            self.desk.floor.twilio.hang_up(sid)

    def get(self, path: str, fields: dict[str, str] | None = None) -> requests.Response:
        headers = {"Cookie": f"sessionid={self.desk.sessions['']}", "Accept": "application/json"}
        return self.desk.browser.get(self.desk.floor.server.url + path, params=fields, headers=headers, timeout=30)

    # What must be true -----------------------------------------------------------------------------------------

    def note(self, verb: str, status: int) -> None:
        self.told.pressed[f"{verb} {status}"] += 1

    def is_explained(self, scene: Scene, caller: str) -> None:
        """One of the wishes on the call had said that the caller might be gone."""
        for action in Action.objects.filter(call=scene.call):
            said = [effect for effect in action.plan.get("effects", ()) if effect["leg"] == caller]
            words = [effect["then"] for effect in said] + action.plan.get("warnings", [])
            if any(effect["fate"] in ("goes", "unsure") for effect in said):
                return
            if any("hung up" in one or "the call ends" in one or one.startswith(LEAVES) for one in words):
                return
        told = [f"{action.verb} {action.state} {action.code}" for action in Action.objects.filter(call=scene.call)]
        heard = list(Report.objects.filter(call=scene.call).order_by("-pk").values_list("door", "leg", "body")[:8])
        self.told.lost.append(f"{scene.call.pk} {caller}: {told}; the last that was said of the call: {heard}")

    def looks_for_late_ones(self, scene: Scene) -> None:
        for action in Action.objects.filter(call__team=self.desk.team, state__in=OPEN_STATES):
            if time.time() - action.requested_at.timestamp() > 60:
                self.told.late.add(f"{action.pk} {action.verb} {action.state}")

    def clears_up(self) -> None:
        """Everybody of this desk hangs up, and its agents are free again."""
        mine = Leg.objects.filter(call__team=self.desk.team, ended_at=None)

        def all_gone() -> bool:
            for sid in mine.values_list("sid", flat=True):
                self.desk.floor.twilio.hang_up(sid)
            return not mine.exists()

        until(all_gone, "everybody of this desk has hung up", within=30)
        free = Agent.objects.filter(teams=self.desk.team, state=Agent.State.AVAILABLE)
        until(lambda: free.count() >= 2, "the agents are free again", within=30)
