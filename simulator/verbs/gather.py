"""<Gather>: a prompt, and what the caller keys or says.

Source: https://www.twilio.com/docs/voice/twiml/gather
"""

import asyncio

from ..legs import answer
from ..speech import hear, seconds_of
from ..stage import Next, Stage, Step
from ..twiml import Verb

# How long people take before they press the first key, and between two keys.
THINKING = 1.0

Key = tuple[str, str]


async def gather(stage: Stage, verb: Verb) -> Step:
    call = stage.call
    answer(stage.exchange, call)
    keys: asyncio.Queue[Key] = asyncio.Queue()
    call.gathering = keys
    try:
        if call.person is not None and (digits := call.person.next_digits()):
            stage.exchange.later(THINKING, keys.put_nowait, ("Digits", digits))
        heard = await _prompt(stage, verb, keys)
        entered = await _entered(stage, verb, keys, heard)
    finally:
        call.gathering = None
    if entered or verb.flag("actionOnEmptyResult"):
        return stage.source(verb.get("action"), verb.get("method"), "gather", tuple(entered or [("Digits", "")]))
    return Next.VERB


async def _prompt(stage: Stage, verb: Verb, keys: "asyncio.Queue[Key]") -> Key | None:
    """Plays what is nested until it ends or the caller begins; returns what they began with."""
    for noun in verb.nouns:
        hear(stage.exchange, stage.call, noun)
        if key := await stage.call.line.hold(keys.get(), seconds=seconds_of(stage.exchange, noun)):
            return key
    return None


async def _entered(stage: Stage, verb: Verb, keys: "asyncio.Queue[Key]", first: Key | None) -> list[Key]:
    """Digits up to the finish key, the number of digits wanted, or a pause of `timeout`; or one utterance."""
    wanted, finish = int(verb.number("numDigits", 0)), verb.get("finishOnKey", "#")
    timeout = verb.number("timeout", 5)
    digits, key = "", first
    while True:
        key = key or await stage.call.line.hold(keys.get(), seconds=timeout)
        if key is None:
            return [("Digits", digits)] if digits else []
        kind, typed = key
        if kind == "SpeechResult":
            return [("SpeechResult", typed), ("Confidence", "0.9")]
        for digit in typed:
            if finish and digit in finish:
                return [("Digits", digits), ("FinishedOnKey", digit)]
            digits += digit
            if wanted and len(digits) >= wanted:
                return [("Digits", digits)]
        key = None
