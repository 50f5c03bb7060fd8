"""What is said and played: how long it takes, and that it was heard."""

from .calls import Call
from .clock import iso
from .exchange import Exchange
from .twiml import Verb

FOR_EVER = 24 * 3600.0


def seconds_of(exchange: Exchange, verb: Verb) -> float:
    timing = exchange.settings.timing
    if verb.name == "Pause":
        return verb.number("length", 1)
    once = (
        len(verb.text.split()) * timing.seconds_per_word if verb.name == "Say" else _played(verb, timing.audio_seconds)
    )
    times = verb.number("loop", 1)
    return once * times if times else FOR_EVER


def hear(exchange: Exchange, call: Call, verb: Verb) -> None:
    call.heard.append({"verb": verb.name, "text": verb.text, "at": iso(exchange.clock.now())})
    if verb.name == "Say":
        spoken = verb.text.split()
        for ear in [*call.ears]:
            if half := " ".join(spoken[: len(spoken) // 2]):
                ear("outbound_track", half, False)
            ear("outbound_track", verb.text, True)


def _played(verb: Verb, audio_seconds: float) -> float:
    # `digits` plays keys, half a second each; a file's length is not known here and taken as always the same.
    return len(verb.get("digits")) * 0.5 if verb.get("digits") else audio_seconds
