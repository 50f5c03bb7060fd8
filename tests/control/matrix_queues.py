"""The matrix's rows of who waits in a queue: pull, move, put first, and what is said to them (test_matrix.py)."""

from collections.abc import Callable
from typing import Any

from tests.control import scenes
from tests.control.floor import SPOKEN
from tests.control.scenes import Scene

SHAPES = {"second in a queue": scenes.second_in_a_queue}

WISHES: dict[str, Callable[[Scene], tuple[str, dict[str, Any]]]] = {
    "pull to an agent": lambda s: ("pull", {"destination": s.desk.bo}),
    "pull to who is busy": lambda s: ("pull", {"destination": s.desk.who_is_busy}),
    "pull to nobody": lambda s: ("pull", {"destination": "agent-0"}),
    "pull to myself": lambda s: ("pull", {}),
    "pull to myself, by who has no telephone": lambda s: ("pull", {"by": "junior"}),
    "move to another queue": lambda s: ("move", {"queue": str(s.desk.elsewhere.pk)}),
    "move to the same queue": lambda s: ("move", {"queue": str(s.desk.queue.pk)}),
    "put first": lambda s: ("front", {}),
    "announce to the caller": lambda s: ("announce", {"text": SPOKEN, "target": s.first}),
}

DONE, GONE, NO_QUEUE, RUNG = "confirmed", "refused:call_ended", "refused:not_waiting", "refused:rung"
NOBODY_WAITS = {"pull to an agent": NO_QUEUE, "move to another queue": NO_QUEUE, "put first": NO_QUEUE}

TABLE: dict[str, dict[str, str]] = {
    "in the greeting": NOBODY_WAITS,
    "while the agent is rung": NOBODY_WAITS,
    "while talking": NOBODY_WAITS,
    "bridged by another application": NOBODY_WAITS,
    "in a foreign conference": NOBODY_WAITS,
    "two in a room": NOBODY_WAITS,
    "three in a room": NOBODY_WAITS,
    "on hold": NOBODY_WAITS,
    "consulting": NOBODY_WAITS,
    "with a customer who is alone": NOBODY_WAITS,
    "waiting in a queue": {
        "announce": DONE,
        "announce to the room": DONE,
        "announce to the caller": DONE,
        "pull to an agent": DONE,
        "pull to who is busy": "failed:target_busy",
        "pull to nobody": "refused:destination",
        "pull to myself": DONE,
        "pull to myself, by who has no telephone": "refused:destination",
        "move to another queue": DONE,
        "move to the same queue": "refused:queue",
        "put first": "refused:first",
    },
    "second in a queue": {
        "transfer to an agent": DONE,
        "announce": DONE,
        "announce to the caller": DONE,
        "pull to an agent": DONE,
        "pull to who is busy": "failed:target_busy",
        "move to another queue": DONE,
        "move to the same queue": "refused:queue",
        "put first": DONE,
        "end the call": DONE,
    },
    "while an agent is called into the room": {
        "announce": DONE,
        "announce to the room": DONE,
        "announce to the caller": DONE,
        "pull to an agent": DONE,
        "move to another queue": RUNG,
        "put first": "refused:first",
    },
    "after the end": {"pull to an agent": GONE, "move to another queue": GONE, "put first": GONE},
}
