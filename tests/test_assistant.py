"""The demo's AI agent, by the words that Twilio's ConversationRelay sends it."""

import contextlib
import json

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from calls.management import assistant
from calls.management.assistant import ASKS, GIVES_UP, GOODBYE, HELLO, Assistant


@pytest.fixture
def caller(monkeypatch):
    monkeypatch.setattr(assistant, "SECONDS_A_WORD", 0.0)
    ada = Assistant("127.0.0.1")
    with contextlib.closing(ada), connect(ada.url, proxy=None) as caller:
        caller.send(json.dumps({"type": "setup", "sessionId": "VX"}))
        assert hears(caller) == HELLO
        yield caller


def says(caller: ClientConnection, words: str, *, last: bool = True) -> None:
    caller.send(json.dumps({"type": "prompt", "voicePrompt": words, "lang": "en-US", "last": last}))


def hears(caller: ClientConnection) -> str:
    said = json.loads(caller.recv(timeout=30))
    assert (said["type"], said["last"]) == ("text", True)
    return said["token"]


def ends(caller: ClientConnection) -> str:
    said = json.loads(caller.recv(timeout=30))
    assert said["type"] == "end"
    with pytest.raises(ConnectionClosed):
        caller.recv(timeout=30)
    return said.get("handoffData", "")


def test_she_asks_one_thing_after_the_other_and_says_goodbye(caller):
    for ask in ASKS:
        says(caller, "half of", last=False)
        says(caller, "half of it")
        assert hears(caller) == ask
    says(caller, "No, that was all.")
    assert hears(caller) == GOODBYE
    assert ends(caller) == ""


@pytest.mark.parametrize("before", [0, len(ASKS)])
def test_who_wants_a_person_or_knows_no_end_is_handed_over(caller, before):
    for _ in range(before):
        says(caller, "it is broken")
        hears(caller)
    words = "I would like to talk to a person" if not before else "and then it fell into the soup"
    says(caller, words)
    assert hears(caller) == GIVES_UP
    assert json.loads(ends(caller)) == {"said": words}
