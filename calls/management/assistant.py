"""The demo's AI agent: a WebSocket that Twilio's ConversationRelay talks to, with a small script in place of a mind.

An application of its own, as yours would be: the desk knows nothing of it but the address of the line
(twilio.com/docs/voice/conversationrelay/websocket-messages).
"""

import contextlib
import json
import re
import threading
import time

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

HELLO = "Hello, this is Ada, the assistant of your telephone company. What can I do for you?"
# What she says to whatever she is told, one after the other.
ASKS = (
    "I see. Can you tell me when that was?",
    "Thank you. And under which name do I find you?",
    "One moment, I am looking. I have found you. Shall I write that down?",
    "That is done. Is there anything else?",
)
THAT_WAS_ALL = re.compile(r"that (is|was) all|goodbye", re.IGNORECASE)
WANTS_A_PERSON = re.compile(r"\b(person|human|somebody|manager)\b", re.IGNORECASE)
GOODBYE = "You are welcome. Have a nice day. Goodbye."
GIVES_UP = "I am afraid that I cannot help you with that. I put you through to a colleague of mine."
SECONDS_A_WORD = 0.4


class Assistant:
    """Listens from the first moment on, at a free port of this machine."""

    def __init__(self, host: str) -> None:
        self._server = serve(talk, host, 0)
        self.url = f"ws://{host}:{self._server.socket.getsockname()[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()


def talk(caller: ServerConnection) -> None:
    """One conversation, until the caller has had enough, or she has."""
    asks = iter(ASKS)
    with contextlib.suppress(ConnectionClosed):
        for message in caller:
            told = json.loads(message)
            if told["type"] == "setup":
                say(caller, HELLO)
            if told["type"] == "prompt" and told["last"] and not answered(caller, told["voicePrompt"], next(asks, "")):
                return


def answered(caller: ServerConnection, words: str, ask: str) -> bool:
    """False: the conversation is over, with a goodbye or with somebody who is to go on with it."""
    if ask and not WANTS_A_PERSON.search(words) and not THAT_WAS_ALL.search(words):
        say(caller, ask)
        return True
    helped = THAT_WAS_ALL.search(words) is not None
    last = GOODBYE if helped else GIVES_UP
    say(caller, last)
    stay(caller, SECONDS_A_WORD * len(last.split()))  # what is being said is broken off by `end`
    handoff = {} if helped else {"handoffData": json.dumps({"said": words})}
    caller.send(json.dumps({"type": "end", **handoff}))
    return False


def stay(caller: ServerConnection, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        with contextlib.suppress(TimeoutError):
            caller.recv(timeout=left)


def say(caller: ServerConnection, words: str) -> None:
    caller.send(json.dumps({"type": "text", "token": words, "last": True}))
