"""Who takes part in a call, as the rows say it: read only. What follows is for settle(), and to write for record()."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from calls.intake.settle import Party
from calls.models import Agent, Call, Leg, Line, Presence
from calls.models.rows import take


def who(leg: Leg) -> tuple[object, ...]:
    return leg.from_number, leg.to_number, leg.direction


def may_be_an_agents(leg: Leg) -> bool:
    return bool(leg.parent_id or leg.role_signed or leg.direction.startswith("outbound"))


def agents_at(contacts: set[str]) -> dict[str, Agent]:
    return {agent.contact: agent for agent in take(Agent, "contact", contacts - {""})}


def role_of(leg: Leg) -> str:
    """As long as no address of ours says it: who phones in is the caller, who is dialled an agent or a stranger."""
    if leg.agent_id is not None:
        return Leg.Role.AGENT
    if leg.parent_id or leg.direction.startswith("outbound"):
        return Leg.Role.EXTERNAL
    return Leg.Role.CALLER


def by_start(leg: Leg) -> tuple[Any, ...]:
    return leg.started_at is None, leg.started_at, leg.sid


def served_by(legs: Sequence[Leg]) -> int | None:
    """The agent whose call it is. Who was consulted has the caller when the agent is gone, and not before."""
    serve = [leg for leg in legs if leg.agent_id and leg.role in SERVES and not leg.unverified]
    return max(serve, key=serves_most).agent_id if serve else None


SERVES = (Leg.Role.AGENT, Leg.Role.CONSULT)
OF_A_PERSON = (Leg.Role.SUPERVISOR, Leg.Role.AGENT)


def serves_most(leg: Leg) -> tuple[Any, ...]:
    return leg.live, leg.answered_at is not None, leg.role == Leg.Role.AGENT, *by_start(leg)


def inside_of(leg: Leg) -> str:
    """Our side of a leg: the line that was called, or called from."""
    return leg.from_number if leg.direction.startswith("outbound") else leg.to_number


def lines_at(addresses: set[str]) -> dict[str, Line]:
    return {line.address: line for line in take(Line, "address", addresses - {""})}


def told_of(call: Call) -> tuple[object, ...]:
    """All that is written of a call: when this is as before, there is no news."""
    told: tuple[object, ...] = ALL_OF_A_CALL(call)
    return told


ALL_OF_A_CALL = attrgetter(*(field.attname for field in Call._meta.concrete_fields if not field.primary_key))


def party_of(leg: Leg, presence: Presence | None) -> Party:
    return Party(
        sid=leg.sid,
        role=leg.role,
        state=leg.heard,
        parent_sid=leg.parent_id or "",
        unverified=leg.unverified,
        held=bool(presence and presence.held),
        held_since=presence.held_since if presence else None,
        speaks=presence is not None and not (presence.muted or presence.held or presence.coaching),
        in_room=presence is not None,
        in_room_since=presence.joined_at if presence else None,
        with_bot_since=leg.heard.with_bot_since,
    )
