"""Who listens to a leg: the verb that waits for keys or words, and whoever writes down what is said."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .clock import iso
from .conference_sounds import speak

if TYPE_CHECKING:
    from .calls import Call
    from .exchange import Exchange

Heard = tuple[str, str]
# Told of every utterance: the track (inbound_track: the person on this leg), and the words.
Ear = Callable[[str, str], None]


@dataclass(eq=False)
class Listening:
    """A verb that waits for a person: `kinds` are Digits, SpeechResult, or both."""

    kinds: frozenset[str] = frozenset({"Digits", "SpeechResult"})
    heard: "asyncio.Queue[Heard]" = field(default_factory=asyncio.Queue)

    def hear(self, kind: str, text: str) -> bool:
        """Whether this kind is waited for."""
        if kind in self.kinds:
            self.heard.put_nowait((kind, text))
        return kind in self.kinds


class Star(Listening):
    """Listens for one key only, with which a caller ends their Dial. Source: …/twiml/dial#hanguponstar"""

    def __init__(self, pressed: Callable[[], None]):
        super().__init__(frozenset({"Digits"}))
        self._pressed = pressed

    def hear(self, kind: str, text: str) -> bool:
        if kind == "Digits" and "*" in text:
            self._pressed()
        return kind == "Digits" and "*" in text


def key(call: "Call", digits: str) -> bool:
    """The person presses keys; nothing may be listening."""
    for fork in [*call.forks]:
        fork.key(digits)
    return call.listening is not None and call.listening.hear("Digits", digits)


def say(exchange: "Exchange", call: "Call", words: str) -> bool:
    """The person speaks; whether a verb was listening. Whoever they talk with hears it in any case."""
    call.said.append({"text": words, "at": iso(exchange.clock.now())})
    for ear in [*call.ears]:
        ear("inbound_track", words)
    if call.seat is not None and not call.seat.left.done():
        speak(exchange, call.seat, len(words.split()) * exchange.settings.timing.seconds_per_word)
    for other in _company(call):
        for ear in [*other.ears]:
            ear("outbound_track", words)
    return call.listening is not None and call.listening.hear("SpeechResult", words)


def respond(exchange: "Exchange", call: "Call", listening: Listening, kind: str, text: str) -> None:
    """What a person does at a prompt, if it is still that prompt which listens."""
    if call.listening is listening:
        if kind == "Digits":
            key(call, text)
        else:
            say(exchange, call, text)


def _company(call: "Call") -> "list[Call]":
    seat = call.seat
    if seat is not None and not seat.left.done():
        if seat.conference.status != "in-progress" or seat.muted or seat.hold:
            return []
        # A coach is heard by one only.
        others = [one for one in seat.conference.seats.values() if one is not seat and not one.hold]
        return [one.call for one in others if seat.coached_sid in (None, one.call.sid)]
    return [call.partner] if call.partner is not None and not call.partner.over else []
