"""The matrix, of callers who talk with an AI agent: ours on a line, another application’s, and one taken from ours."""

from tests.control import scenes

WITH_A_BOT, FOREIGN, TAKEN = "with a bot", "with another application’s bot", "taken over from a bot"
SHAPES = {
    WITH_A_BOT: scenes.with_a_bot,
    FOREIGN: scenes.with_a_foreign_bot,
    TAKEN: scenes.taken_from_a_bot,
}
WISHES: dict[str, object] = {}

DONE, NO_ROOM, NO_LEG, BACKLESS = "confirmed", "refused:no_room", "refused:leg", "refused:no_way_back"
BUSY_LINE, NO_ANSWER, NO_QUEUE = "failed:target_busy", "failed:target_no-answer", "refused:not_waiting"
FORBIDDEN, NOBODY, NOT_RECORDED = "refused:forbidden", "refused:nobody", "refused:not_recorded"

TABLE: dict[str, dict[str, str]] = {
    WITH_A_BOT: {
        "transfer to an agent": DONE,
        "transfer to a busy number": BUSY_LINE,
        "transfer outside": DONE,
        "transfer outside without a password": "refused:step_up",
        "announce": DONE,
        "announce to the room": NO_ROOM,
        "hold": NO_ROOM,
        "take off hold": NO_ROOM,
        "mute": NO_LEG,
        "remove the caller": NO_ROOM,
        "end the room": "refused:target",
        "end the call": DONE,
        "end the caller’s leg": DONE,
        "send to a line": DONE,
        "send to a foreign flow": DONE,
        "TwiML that speaks": DONE,
        "TwiML that hangs up": DONE,
        "TwiML that dials": DONE,
        "TwiML by who may not type it": FORBIDDEN,
        "consult an agent": NO_ROOM,
        "add an agent": NO_ROOM,
        "hand over": NOBODY,
        "listen": NO_ROOM,
        "whisper to the agent": NO_ROOM,
        "speak to all": NO_ROOM,
        "leave": "refused:not_there",
        "take over": DONE,
        "give it to Bo": DONE,
        "give it to somebody who does not answer": NO_ANSWER,
        "take over, by who has no telephone": "refused:no_phone",
        "give it back": "refused:not_taken",
        "pull to an agent": NO_QUEUE,
        "pull to myself": NO_QUEUE,
        "move to another queue": NO_QUEUE,
        "put first": NO_QUEUE,
        "record": DONE,
        "pause the recording": NOT_RECORDED,
        "transcribe": DONE,
        "stream": DONE,
        "privacy": "refused:not_running",
        "limit": DONE,
    },
    FOREIGN: {
        "transfer to an agent": DONE,
        "transfer to a busy number": BUSY_LINE,
        "announce": BACKLESS,
        "hold": NO_LEG,
        "listen": NO_ROOM,
        "take over": NO_ROOM,
        "pull to an agent": NO_QUEUE,
        "send to a line": DONE,
        "send to a foreign flow": DONE,
        "TwiML that speaks": DONE,
        "record": DONE,
        "limit": DONE,
        "end the call": DONE,
        "end the caller’s leg": DONE,
    },
    TAKEN: {
        "give it back": DONE,
        "transfer to an agent": DONE,
        "announce": DONE,
        "hold": DONE,
        "add an agent": DONE,
        "end the other leg": DONE,
        "end the call": DONE,
        "record": DONE,
    },
}
