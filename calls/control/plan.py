"""What a wish will do, before it is done: effects per leg in words and in data, warnings, refusals. Pure.

The same function serves the preview, the wish itself and the tests.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

NOT_YET_ANSWERED = {"queued", "initiated", "ringing"}
ROLE_WORDS = {
    "caller": "Caller",
    "agent": "Agent",
    "consult": "Consulted",
    "supervisor": "Supervisor",
    "bot": "AI agent",
    "external": "Other party",
}
STATUS_WORDS = {
    "queued": "about to be dialled",
    "initiated": "being dialled",
    "ringing": "ringing",
    "in-progress": "talking",
}


class LegView(Protocol):
    """What a plan needs to know of a leg (a row, or a stand-in of a test)."""

    sid: str
    role: str
    status: str
    direction: str
    parent_id: str | None
    ended_at: datetime | None


@dataclass(frozen=True)
class Effect:
    leg: str
    role: str
    name: str
    now: str
    then: str
    fate: str  # goes | stays

    def as_json(self) -> dict[str, str]:
        return dict(vars(self))


@dataclass(frozen=True)
class Refusal:
    code: str
    message: str

    def as_json(self) -> dict[str, str]:
        return dict(vars(self))


@dataclass(frozen=True)
class Plan:
    """`sends`: the requests to Twilio in order, each with those that follow if its leg is gone (`else`); `proof`: what
    a later report must show (control.proof)."""

    verb: str
    target: str
    title: str
    effects: tuple[Effect, ...] = ()
    warnings: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    sends: tuple[dict[str, Any], ...] = ()
    proof: dict[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Changes when the effects do: what a supervisor agreed to is what is done."""
        fates = [[effect.leg, effect.role, effect.then, effect.fate] for effect in self.effects]
        return hashlib.sha256(json.dumps([self.verb, self.target, fates]).encode()).hexdigest()[:12]

    def as_json(self) -> dict[str, Any]:
        return {
            "verb": self.verb,
            "target": self.target,
            "title": self.title,
            "effects": [effect.as_json() for effect in self.effects],
            "warnings": list(self.warnings),
            "refusals": [refusal.as_json() for refusal in self.refusals],
            "sends": list(self.sends),
            "proof": self.proof,
        }


def end_call(legs: Sequence[LegView], *, who: str, names: dict[str, str]) -> Plan:
    """End the whole call: every leg that lives.

    A child of <Dial> ends with its parent, so it is asked for only if the parent turns out to be gone. `who` is how
    the caller is called on the screen, `names` maps sids to people.
    """
    live = [leg for leg in legs if leg.ended_at is None]
    sids = {leg.sid for leg in live}
    effects = tuple(
        Effect(
            leg=leg.sid,
            role=leg.role,
            name=names.get(leg.sid) or ROLE_WORDS.get(leg.role, "Leg"),
            now=STATUS_WORDS.get(leg.status, leg.status),
            then="stops ringing" if leg.status in NOT_YET_ANSWERED and leg.direction != "inbound" else "is hung up",
            fate="goes",
        )
        for leg in live
    )
    return Plan(
        verb="end",
        target="call",
        title=f"End the call of {who}?",
        effects=effects,
        refusals=() if live else (Refusal("call_ended", "The call has ended already."),),
        sends=tuple(sending(leg, live) for leg in live if leg.parent_id not in sids),
        proof={"ended": sorted(sids)},
    )


def sending(leg: LegView, live: Sequence[LegView]) -> dict[str, Any]:
    children = [sending(child, live) for child in live if child.parent_id == leg.sid]
    return {"sid": leg.sid, "status": ending(leg), "else": children}


def ending(leg: LegView) -> str:
    """`canceled` has no effect on a leg in progress (twilio.com/docs/voice/api/call-resource), and an inbound leg
    reports no progress: what we take for ringing is often answered long since."""
    return "canceled" if leg.status in NOT_YET_ANSWERED and leg.direction.startswith("outbound") else "completed"
