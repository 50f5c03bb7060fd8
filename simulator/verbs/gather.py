"""<Gather>: a prompt, and what the caller keys or says.

Source: https://www.twilio.com/docs/voice/twiml/gather
"""

from datetime import timedelta

from ..legs import answer
from ..listening import Heard, Listening, respond
from ..parameters import about
from ..speech import hear, seconds_of
from ..stage import Next, Stage, Step
from ..twiml import Verb
from ..vocabulary import PROMPTS

# How long a silence ends an utterance, where speechTimeout says `auto`.
BREATH = 1.0
KINDS = {"dtmf": "Digits", "speech": "SpeechResult"}


async def gather(stage: Stage, verb: Verb) -> Step:
    call = stage.call
    answer(stage.exchange, call)
    kinds = frozenset(KINDS[kind] for kind in verb.get("input", "dtmf").split() if kind in KINDS)
    call.listening = listening = Listening(kinds)
    try:
        _respond(stage, listening)
        heard = await _prompt(stage, verb, listening)
        entered = await _entered(stage, verb, listening, heard)
    finally:
        call.listening = None
    if not entered and verb.flag("actionOnEmptyResult"):
        entered = [(kind, "") for kind in ("Digits", "SpeechResult") if kind in kinds]
    if entered:
        return stage.source(verb.get("action"), verb.get("method"), "gather", tuple(entered))
    return Next.VERB


def _respond(stage: Stage, listening: Listening) -> None:
    """The person does what their script has next for a prompt of this kind, once they have thought."""
    person = stage.call.person
    if person is None:
        return
    later, thinks = stage.exchange.later, person.manner.thinks
    if "Digits" in listening.kinds and (digits := person.next_digits()):
        later(thinks, respond, stage.exchange, stage.call, listening, "Digits", digits)
    elif "SpeechResult" in listening.kinds and (words := person.next_words()):
        later(thinks, respond, stage.exchange, stage.call, listening, "SpeechResult", words)


async def _prompt(stage: Stage, verb: Verb, listening: Listening) -> Heard | None:
    """Plays what is nested until it ends or the caller begins; returns what they began with.

    Without bargeIn whoever speaks too early is heard when it has ended; a key stops it all the same.
    """
    early: Heard | None = None
    for noun in (noun for noun in verb.nouns if noun.name in PROMPTS):
        hear(stage.exchange, stage.call, noun)
        ends = stage.exchange.clock.now() + timedelta(seconds=seconds_of(stage.exchange, noun))
        while (left := (ends - stage.exchange.clock.now()).total_seconds()) > 0:
            began = await stage.call.line.hold(listening.heard.get(), seconds=left)
            if began and (began[0] == "Digits" or verb.flag("bargeIn", True)):
                return began
            early = early or began
    return early


async def _entered(stage: Stage, verb: Verb, listening: Listening, first: Heard | None) -> list[Heard]:
    """Digits up to the finish key, the number of digits wanted, or a pause of `timeout`; or one utterance."""
    wanted, finish = int(verb.number("numDigits", 0)), verb.get("finishOnKey", "#")
    digits, key = "", first
    while True:
        key = key or await stage.call.line.hold(listening.heard.get(), seconds=verb.number("timeout", 5))
        if key is None:
            return [("Digits", digits)] if digits else []
        kind, typed = key
        if kind == "SpeechResult":
            return await _utterance(stage, verb, typed)
        for digit in typed:
            if finish and digit in finish:
                if digits:
                    return [("Digits", digits), ("FinishedOnKey", digit)]
                continue  # it finishes what has been begun, and begins nothing
            digits += digit
            if wanted and len(digits) >= wanted:
                return [("Digits", digits)]
        key = None


async def _utterance(stage: Stage, verb: Verb, words: str) -> list[Heard]:
    """It takes as long as it takes to say, and a breath; what is understood so far is told meanwhile."""
    exchange, spoken = stage.exchange, words.split()
    longest = max(1, int(verb.number("maxSpeechTime", 60) / exchange.settings.timing.seconds_per_word))
    for place in range(len(spoken[:longest])):
        if verb.get("partialResultCallback"):
            _tell_partial(stage, verb, " ".join(spoken[: place + 1]), place)
        await stage.call.line.hold(seconds=exchange.settings.timing.seconds_per_word)
    silence = BREATH if verb.get("speechTimeout") == "auto" else verb.number("timeout", 5)
    await stage.call.line.hold(seconds=verb.number("speechTimeout", silence))
    return [("SpeechResult", " ".join(spoken[:longest])), ("Confidence", "0.9")]


def _tell_partial(stage: Stage, verb: Verb, words: str, sequence: int) -> None:
    params = about(stage.call, stage.exchange.settings.account_sid) + [
        ("UnstableSpeechResult", words),
        ("StableSpeechResult", ""),
        ("Stability", "0.5"),
        ("SequenceNumber", str(sequence)),
        ("Language", verb.get("language", "en-US")),
    ]
    url, method = stage.document.absolute(verb.get("partialResultCallback")), verb.get("partialResultCallbackMethod")
    stage.exchange.post.tell(stage.call.sid, "gather-partial", url, method or "POST", params)
