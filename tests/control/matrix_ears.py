"""The rows of the matrix for a supervisor on the call: to listen, whisper, speak, leave, take over and give back."""

from calls.models import Leg, Presence
from tests.control import scenes
from tests.control.floor import Desk, until
from tests.control.scenes import Scene


def with_supervisor(desk: Desk, verb: str) -> Scene:
    """Two in a room, and the supervisor of this desk who does this there."""
    scene = scenes.two_in_a_room(desk)
    desk.does(scene.call, verb)
    me = desk.rung(desk.phone)
    until(Presence.objects.filter(leg=me, present=True).exists, "the supervisor is in the room")
    return Scene(desk, scene.call, scene.first, scene.other, wishes=1, silent=1)


def taken_over(desk: Desk) -> Scene:
    scene = with_supervisor(desk, "take_over")
    until(lambda: desk.row(scene.other, "completed"), "Ana is gone")
    me = Leg.objects.get(call=scene.call, to_number=desk.phone)
    return Scene(desk, scene.call, scene.first, me.sid, wishes=1, silent=1)


def agent_on_hold(desk: Desk) -> Scene:
    scene = scenes.two_in_a_room(desk)
    desk.does(scene.call, "hold", leg=scene.other)
    return Scene(desk, scene.call, scene.first, scene.other, wishes=1)


LISTENED, WHISPERED, SPOKEN_TO = (
    "while a supervisor listens",
    "while a supervisor whispers",
    "while a supervisor speaks",
)
TAKEN, HELD = "taken over by a supervisor", "two in a room, the agent on hold"
SHAPES = {
    LISTENED: lambda desk: with_supervisor(desk, "monitor"),
    WHISPERED: lambda desk: with_supervisor(desk, "whisper"),
    SPOKEN_TO: lambda desk: with_supervisor(desk, "barge"),
    TAKEN: taken_over,
    HELD: agent_on_hold,
}


def never_answers(scene: Scene, name: str) -> str:
    agent = scene.desk.agents[name]
    scene.desk.floor.behaves(agent.contact, after=1000.0)
    return f"agent-{agent.pk}"


WISHES = {
    "listen": lambda s: ("monitor", {}),
    "listen, by who has no telephone": lambda s: ("monitor", {"by": "junior"}),
    "whisper to the agent": lambda s: ("whisper", {}),
    "whisper to the caller": lambda s: ("whisper", {"leg": s.first}),
    "speak to all": lambda s: ("barge", {}),
    "leave": lambda s: ("leave", {}),
    "take over": lambda s: ("take_over", {}),
    "take over, by who has no telephone": lambda s: ("take_over", {"by": "junior"}),
    "give it to Bo": lambda s: ("take_over", {"destination": s.desk.bo}),
    "give it to Ana": lambda s: ("take_over", {"destination": f"agent-{s.desk.agents['Ana'].pk}"}),
    "give it to somebody who does not answer": lambda s: ("take_over", {"destination": never_answers(s, "Bo")}),
    "give it back": lambda s: ("hand_back", {}),
    "give it back and leave": lambda s: ("hand_back", {"mode": "leave"}),
    "give it back, and nobody answers": lambda s: ("hand_back", {"mode": never_answers(s, "Ana") and "leave"}),
}

DONE, GONE, NO_ROOM, NOT_STARTED = "confirmed", "refused:call_ended", "refused:no_room", "refused:not_started"
NO_AGENT, SAME, NOT_THERE = "refused:no_agent", "refused:same", "refused:not_there"
NOT_TAKEN, NO_ANSWER = "refused:not_taken", "failed:target_no-answer"


def all_of_them(came: str, *wishes: str) -> dict[str, str]:
    return dict.fromkeys(wishes, came)


EVERY = ("listen", "whisper to the agent", "speak to all", "take over", "give it to Bo", "give it back")
TABLE: dict[str, dict[str, str]] = {
    "in the greeting": all_of_them(NO_ROOM, *EVERY) | {"leave": NOT_THERE},
    "while the agent is rung": all_of_them("refused:not_answered", *EVERY) | {"give it back": NO_ROOM},
    "while talking": all_of_them(DONE, *EVERY) | {"leave": NOT_THERE, "give it back": NO_ROOM},
    "talking after a transfer": all_of_them(DONE, "listen", "take over"),
    "bridged by another application": all_of_them(NO_ROOM, *EVERY),
    "in a click-to-call": all_of_them(NO_ROOM, *EVERY),
    "with a customer who is alone": all_of_them(NO_ROOM, "listen", "speak to all", "take over"),
    "waiting in a queue": all_of_them(NOT_STARTED, *EVERY) | {"leave": NOT_THERE},
    "while an agent is called into the room": all_of_them(NOT_STARTED, *EVERY),
    "after the end": all_of_them(GONE, *EVERY, "leave"),
    "two in a room": {
        **all_of_them(DONE, "listen", "whisper to the agent", "speak to all", "take over", "give it to Bo"),
        "listen, by who has no telephone": "refused:no_phone",
        "whisper to the caller": "refused:leg",
        "leave": NOT_THERE,
        "give it to Ana": "refused:destination",
        "give it to somebody who does not answer": NO_ANSWER,
        "give it back": NOT_TAKEN,
    },
    "in a foreign conference": {
        **all_of_them(DONE, "listen", "whisper to the agent", "speak to all", "take over", "give it to Bo"),
        "give it back": NOT_TAKEN,
    },
    "on hold": {
        **all_of_them(DONE, "listen", "whisper to the agent", "speak to all", "take over", "give it to Bo"),
        "leave": NOT_THERE,
    },
    "three in a room": all_of_them(DONE, "listen", "whisper to the agent", "speak to all", "take over"),
    "consulting": {
        **all_of_them(DONE, "listen", "whisper to the agent", "speak to all"),
        "take over": "refused:consulting",
        "give it to Bo": "refused:destination",  # it is Bo who is consulted
    },
    "while the consulted one rings": {
        **all_of_them(DONE, "listen", "whisper to the agent"),
        "take over": "refused:consulting",
    },
    LISTENED: {
        "listen": SAME,
        **all_of_them(DONE, "whisper to the agent", "speak to all", "leave", "take over", "give it to Bo"),
        **all_of_them(DONE, "hold", "announce to the room", "remove the other leg", "end the call", "end the room"),
        "transfer to an agent": DONE,
        "give it to somebody who does not answer": NO_ANSWER,
        "give it back": NOT_TAKEN,
    },
    WHISPERED: {
        "whisper to the agent": SAME,
        **all_of_them(DONE, "listen", "speak to all", "leave", "take over", "hold the other leg", "end the call"),
        **all_of_them(DONE, "mute", "announce"),
    },
    SPOKEN_TO: {
        "speak to all": SAME,
        **all_of_them(DONE, "listen", "whisper to the agent", "leave", "take over", "remove the other leg"),
        **all_of_them(DONE, "hold", "end the call"),
    },
    TAKEN: {
        "listen": "refused:alone",
        **all_of_them(NO_AGENT, "whisper to the agent", "take over", "give it to Bo"),
        "speak to all": SAME,
        **all_of_them(DONE, "leave", "give it back", "give it back and leave", "hold", "end the call"),
        "give it back, and nobody answers": NO_ANSWER,
        "mute": "refused:supervisor",
    },
    HELD: {
        "whisper to the agent": "refused:held",
        **all_of_them(DONE, "listen", "speak to all", "take over", "give it to Bo"),
    },
}
