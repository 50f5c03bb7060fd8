"""The matrix, of third parties: warm transfers and how they end, and who is added."""

from calls.models import Leg
from tests.control import scenes
from tests.control.floor import PASSWORD

SHAPES = {
    "on hold": scenes.on_hold,
    "three in a room": scenes.three_in_a_room,
    "consulting": scenes.consulting,
    "while the consulted one rings": scenes.consulted_one_rings,
}


def another(scene: scenes.Scene) -> str:
    """An agent who is not on the call, as the directory has them."""
    there = Leg.objects.filter(call=scene.call, ended_at=None).values_list("to_number", flat=True)
    free = [agent for agent in scene.desk.agents.values() if agent.contact not in there]
    return f"agent-{free[-1].pk}"


WISHES = {
    "consult an agent": lambda s: ("transfer", {"mode": "warm", "destination": another(s)}),
    "consult a busy number": lambda s: ("transfer", {"mode": "warm", "destination": s.desk.known["busy"]}),
    "consult outside": lambda s: ("transfer", {"mode": "warm", "to": s.desk.outside, "password": PASSWORD}),
    "consult outside without a password": lambda s: ("transfer", {"mode": "warm", "to": s.desk.outside}),
    "consult outside by who may not": lambda s: ("transfer", {"mode": "warm", "to": s.desk.outside, "by": "junior"}),
    "transfer lukewarm": lambda s: ("transfer", {"mode": "lukewarm", "destination": another(s)}),
    "hand over": lambda s: ("complete", {}),
    "cancel the consultation": lambda s: ("cancel", {}),
    "swap": lambda s: ("swap", {}),
    "add an agent": lambda s: ("add", {"destination": another(s)}),
    "add a busy number": lambda s: ("add", {"destination": s.desk.known["busy"]}),
    "add outside": lambda s: ("add", {"to": s.desk.outside, "password": PASSWORD}),
    "add outside without a password": lambda s: ("add", {"to": s.desk.outside}),
    "add outside by who may not": lambda s: ("add", {"to": s.desk.outside, "by": "junior"}),
    "hold the third": lambda s: ("hold", {"leg": s.third}),
    "mute the third": lambda s: ("mute", {"leg": s.third}),
    "remove the third": lambda s: ("kick", {"leg": s.third}),
    "end the third’s leg": lambda s: ("end", {"target": s.third}),
}

DONE, GONE, BUSY_LINE = "confirmed", "refused:call_ended", "failed:target_busy"
NO_ROOM, NOT_STARTED, NOBODY = "refused:no_room", "refused:not_started", "refused:nobody"
RINGS, CONSULTING = "refused:not_answered", "refused:consulting"
STEP_UP, FORBIDDEN = "refused:step_up", "refused:forbidden"

NOBODY_IS_CONSULTED = {"hand over": NOBODY, "cancel the consultation": NOBODY, "swap": NOBODY}
WITHOUT_A_ROOM = {
    "consult an agent": NO_ROOM,
    "add an agent": NO_ROOM,
    "add outside": NO_ROOM,
} | NOBODY_IS_CONSULTED
NOT_YET = {"consult an agent": NOT_STARTED, "add an agent": NOT_STARTED} | NOBODY_IS_CONSULTED
IN_A_ROOM = {
    "consult an agent": DONE,
    "consult a busy number": BUSY_LINE,
    "consult outside": DONE,
    "add an agent": DONE,
    "add a busy number": BUSY_LINE,
    "add outside": DONE,
} | NOBODY_IS_CONSULTED

TABLE: dict[str, dict[str, str]] = {
    "in the greeting": WITHOUT_A_ROOM,
    "while the agent is rung": NOBODY_IS_CONSULTED | {"consult an agent": RINGS, "add an agent": RINGS},
    "while talking": IN_A_ROOM,
    "talking after a transfer": IN_A_ROOM,
    "bridged by another application": WITHOUT_A_ROOM,
    "in a click-to-call": WITHOUT_A_ROOM,
    "while the customer is rung": NOBODY_IS_CONSULTED | {"consult an agent": RINGS, "add an agent": RINGS},
    "with a customer who is alone": WITHOUT_A_ROOM,
    "in a foreign conference": IN_A_ROOM,
    "waiting in a queue": NOT_YET,
    "while an agent is called into the room": NOT_YET,
    "two in a room": IN_A_ROOM
    | {
        "consult outside without a password": STEP_UP,
        "consult outside by who may not": FORBIDDEN,
        "transfer lukewarm": "refused:mode",
        "add outside without a password": STEP_UP,
        "add outside by who may not": FORBIDDEN,
    },
    "on hold": NOBODY_IS_CONSULTED
    | {
        "hold": "refused:held",
        "take off hold": DONE,
        "consult an agent": DONE,
        "consult a busy number": BUSY_LINE,
        "add an agent": DONE,
        "announce": DONE,
        "announce to the other leg": DONE,
        "mute": DONE,
        "transfer to an agent": DONE,
        "end the room": DONE,
        "end the call": DONE,
        "end the caller’s leg": DONE,
    },
    "three in a room": NOBODY_IS_CONSULTED
    | {
        "consult an agent": DONE,
        "consult a busy number": BUSY_LINE,
        "add an agent": DONE,
        "announce to the room": DONE,
        "hold": DONE,
        "hold the other leg": DONE,
        "hold the third": DONE,
        "mute": DONE,
        "mute the third": DONE,
        "remove the other leg": DONE,
        "remove the third": DONE,
        "remove the caller": "refused:caller",
        "end the room": DONE,
        "end the call": DONE,
        "end the other leg": DONE,
        "end the third’s leg": DONE,
    },
    "consulting": {
        "hand over": DONE,
        "cancel the consultation": DONE,
        "swap": DONE,
        "consult an agent": CONSULTING,
        "add an agent": DONE,
        "hold": "refused:held",
        "hold the third": DONE,
        "mute the third": DONE,
        "announce to the room": DONE,
        "remove the third": DONE,
        "remove the other leg": DONE,
        "end the room": DONE,
        "end the call": DONE,
        "end the other leg": DONE,
        "end the third’s leg": DONE,
    },
    "while the consulted one rings": {
        "hand over": RINGS,
        "cancel the consultation": DONE,
        "swap": RINGS,
        "consult an agent": CONSULTING,
        "add an agent": "refused:busy",
        "hold": "refused:held",
        "take off hold": "refused:busy",
        "remove the third": RINGS,
        "end the call": DONE,
        "end the third’s leg": "refused:busy",
    },
    "after the end": {
        "consult an agent": GONE,
        "hand over": GONE,
        "cancel the consultation": GONE,
        "swap": GONE,
        "add an agent": GONE,
    },
}
