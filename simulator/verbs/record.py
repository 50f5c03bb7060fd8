"""<Record>: a beep, and what is said until a key, a silence, the limit or the end of the call.

Source: https://www.twilio.com/docs/voice/twiml/record. After an empty recording the next verb follows, not the action.
"""

from datetime import datetime

from .. import recordings
from ..calls import CallbackPlan
from ..chance import new_sid
from ..documents import fetch_and_ignore
from ..legs import answer, finish
from ..line import HangUp, Interrupted, Source
from ..listening import Listening, respond
from ..parameters import about
from ..recordings import Recording, RecordingPlan
from ..speech import hear
from ..stage import Next, Stage, Step
from ..twiml import Verb

MESSAGE = "(a message)"
SHORTEST = 1.0


async def record(stage: Stage, verb: Verb) -> Step:
    exchange, call = stage.exchange, stage.call
    answer(exchange, call)
    if verb.flag("playBeep", True):
        hear(exchange, call, Verb("Beep", {}))
    recording = recordings.start(exchange, call, RecordingPlan("RecordVerb", recording_plan(stage, verb)))
    taking = _Taking(stage, verb, recording)
    call.listening = taking.listening
    try:
        key = await taking.listen()
    except Interrupted as interrupted:
        taking.stop()
        taking.transcribe()
        if isinstance(interrupted.why, HangUp) and not recording.silent:
            finish(exchange, call, interrupted.why)
            if exchange.settings.choices.action_after_hang_up:
                await fetch_and_ignore(exchange, call, _action(stage, verb, recording, "hangup"))
        raise
    finally:
        call.listening = None
    taking.stop()
    taking.transcribe()
    if recording.silent:
        return Next.VERB
    return _action(stage, verb, recording, key)


class _Taking:
    """One recording while it is made."""

    def __init__(self, stage: Stage, verb: Verb, recording: Recording):
        self._stage, self._verb, self._recording = stage, verb, recording
        self.listening = Listening()
        self._utterances: list[tuple[datetime, float]] = []
        self._words: list[str] = []
        call = stage.call
        if call.person is not None:
            words = call.person.next_words()
            if words or call.person.manner.message:
                said = ("SpeechResult", words or MESSAGE)
                stage.exchange.later(SHORTEST / 2, respond, stage.exchange, call, self.listening, *said)

    async def listen(self) -> str:
        """The key that ended it, or nothing after a silence or at the limit."""
        finish_on = self._verb.get("finishOnKey", "1234567890*#")
        silence = self._verb.number("timeout", 5)
        line = self._stage.call.line
        while (left := self._left()) > 0:
            speaking = max(0.0, self._speaking())
            heard = await line.hold(self.listening.heard.get(), seconds=min(speaking or silence, left))
            if heard is None:
                if speaking:
                    continue
                break
            kind, text = heard
            if kind == "SpeechResult":
                self._speak(text)
            elif pressed := next((digit for digit in text if digit in finish_on), None):
                return pressed
        return ""

    def _speak(self, words: str) -> None:
        exchange, call = self._stage.exchange, self._stage.call
        self._words.append(words)
        seconds = len(words.split()) * exchange.settings.timing.seconds_per_word
        if words == MESSAGE and call.person is not None:
            seconds = call.person.manner.message
        self._utterances.append((exchange.clock.now(), seconds))

    def _speaking(self) -> float:
        """How many seconds it takes them to finish what they have begun."""
        now = self._stage.exchange.clock.now()
        return max((seconds - (now - began).total_seconds() for began, seconds in self._utterances), default=0.0)

    def _spoken(self) -> float:
        now = self._stage.exchange.clock.now()
        return sum(min(seconds, (now - began).total_seconds()) for began, seconds in self._utterances)

    def stop(self) -> None:
        """Stops it; what is silent or shorter than a second counts as nothing (errors 16102 and 16101)."""
        exchange, recording = self._stage.exchange, self._recording
        recording.silent = self._spoken() < SHORTEST / 2
        recordings.stop(exchange, recording, "processing")
        if recording.silent:
            self._stage.note(16102 if recording.duration else 16101)

    def transcribe(self) -> None:
        """Told when the recording is ready. Source: https://www.twilio.com/docs/voice/twiml/record#transcribecallback"""
        stage, exchange, url = self._stage, self._stage.exchange, self._verb.get("transcribeCallback")
        if not url or self._recording.silent:
            return
        sid = new_sid("TR", exchange.chance.dice("words", self._recording.sid))
        params = [
            *about(stage.call, exchange.settings.account_sid),
            *recordings.params(exchange, self._recording),
            ("TranscriptionSid", sid),
            ("TranscriptionStatus", "completed"),
            ("TranscriptionText", " ".join(self._words)),
            ("TranscriptionUrl", f"{recordings.url(exchange, self._recording)}/Transcriptions/{sid}"),
        ]
        told = (stage.call.sid, "transcribe", stage.document.absolute(url), "POST", params)
        exchange.later(exchange.settings.timing.recording_ready, exchange.post.tell, *told)

    def _left(self) -> float:
        spent = (self._stage.exchange.clock.now() - self._recording.started_at).total_seconds()
        return self._verb.number("maxLength", 3600) - spent


def recording_plan(stage: Stage, verb: Verb) -> CallbackPlan | None:
    """Where this verb's or noun's recording is reported."""
    url = verb.get("recordingStatusCallback")
    if not url:
        return None
    events = verb.get("recordingStatusCallbackEvent", "completed").split()
    if unknown := [event for event in events if event not in recordings.EVENTS]:
        stage.note(21626, " ".join(unknown))
    method = verb.get("recordingStatusCallbackMethod", "POST")
    return CallbackPlan(stage.document.absolute(url), method, frozenset(events))


def _action(stage: Stage, verb: Verb, recording: Recording, key: str) -> Source:
    params = recordings.params(stage.exchange, recording)
    if key:
        params.append(("Digits", key))
    # Unlike Dial's, this action is the document itself unless it says otherwise.
    return stage.source(verb.get("action"), verb.get("method"), "record-action", tuple(params))
