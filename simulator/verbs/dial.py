"""<Dial> with people: it rings them, bridges the first who answers, and says afterwards how it went.

Source: https://www.twilio.com/docs/voice/twiml/dial; what a redirect does to a Dial:
https://www.twilio.com/en-us/changelog (2021-05-24, "Redirecting a call during Dial").
"""

import asyncio
from dataclasses import dataclass, field

from .. import recordings
from ..calls import Call
from ..chance import new_sid
from ..far_ends import put_through
from ..legs import answer, finish, hang_up, new_line, ring_out, send_digits
from ..line import HangUp, Interrupted, Redirect, Why
from ..listening import Star
from ..queues import connect
from ..recordings import RecordingPlan
from ..stage import Next, Stage, Step
from ..twiml import TwimlError, Verb
from .after import after, ask_in_vain
from .conference import dial_conference
from .nouns import address_of, application, callback, detect_machine, people
from .queue import dial_queue
from .record import recording_plan

MOST_NOUNS = 10
WHISPER = frozenset({"Play", "Say", "Gather", "Hangup", "Pause", "Redirect"})


async def dial(stage: Stage, verb: Verb) -> Step:
    nouns = verb.nouns or ([Verb("Number", {}, verb.text)] if verb.text else [])
    if len(nouns) > MOST_NOUNS:
        stage.note(13000, f"{len(nouns)} nouns")
    for alone, perform in (("Conference", dial_conference), ("Queue", dial_queue)):
        if (noun := next((noun for noun in nouns if noun.name == alone), None)) is not None:
            if len(nouns) > 1:
                stage.note(13000, f"{alone} mixed with other nouns")
            return await perform(stage, verb, noun)
    return await dial_people(stage, verb, people(stage, nouns)[:MOST_NOUNS])


async def dial_people(stage: Stage, verb: Verb, nouns: list[Verb]) -> Step:
    if not verb.flag("answerOnBridge"):
        answer(stage.exchange, stage.call)
    dialling = Dialling(stage, verb)
    try:
        outcome = await dialling.converse(nouns)
    except Interrupted as interrupted:
        await dialling.abandon(interrupted.why)
        raise
    finally:
        dialling.stop_recording()
    stage.call.dial_status = outcome.status
    return after(stage, verb, outcome.params() + dialling.recorded())


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a Dial went. A child that was redirected away has no duration to tell."""

    status: str
    child: Call | None = None
    bridged: bool = False
    duration: int | None = None

    def params(self) -> list[tuple[str, str]]:
        params = [("DialCallStatus", self.status), ("DialBridged", str(self.bridged).lower())]
        if self.child is not None:
            params.append(("DialCallSid", self.child.sid))
            if self.child.over and self.child.to.startswith("sip:"):
                params.append(("DialSipResponseCode", str(self.child.sip_code)))
        if self.duration is not None:
            params.append(("DialCallDuration", str(self.duration)))
        return params


@dataclass
class Dialling:
    """One <Dial> at work: the children it has made, and the one that the caller talks to."""

    stage: Stage
    verb: Verb
    news: "asyncio.Queue[tuple[str, Call]]" = field(default_factory=asyncio.Queue)
    children: list[Call] = field(default_factory=list)
    talking_to: Call | None = None
    recording: recordings.Recording | None = None

    async def converse(self, nouns: list[Verb]) -> Outcome:
        if not self._may_call_from(nouns):
            return Outcome("failed")
        last = Outcome("failed")
        self._record("record-from-ringing")
        for group in [[noun] for noun in nouns] if self.verb.flag("sequential") else [nouns]:
            ringing = {child.sid for child in [self._ring(noun) for noun in group]}
            while ringing:
                event, child = await self._next_news()
                if event == "answered":
                    return await self._talk(child)
                ringing.discard(child.sid)
                last = Outcome(child.status, child, duration=0)
        return last

    async def abandon(self, why: Why) -> None:
        """The caller was taken away or has gone: the children end, the action is asked in vain."""
        exchange, caller = self.stage.exchange, self.stage.call
        choices, timing = exchange.settings.choices, exchange.settings.timing
        if isinstance(why, HangUp):
            finish(exchange, caller, why)
        bridged, child = self.talking_to is not None, self.talking_to or (self.children[-1] if self.children else None)
        for one in self.children:
            hang_up(exchange, one, by="dial", status=None if one.answered_at else choices.abandoned_child_status)
        await exchange.clock.sleep(timing.action_after)
        if isinstance(why, HangUp) and not choices.action_after_hang_up:
            return
        status = "completed" if bridged else choices.redirected_ringing_dial_status
        outcome = Outcome(status, child, bridged, child.duration if child and bridged else None)
        self.stop_recording()
        await ask_in_vain(self.stage, self.verb, outcome.params() + self.recorded())
        if isinstance(why, Redirect):
            await exchange.clock.sleep(timing.document_after)

    def _ring(self, noun: Verb) -> Call:
        exchange, parent = self.stage.exchange, self.stage.call
        sid = new_sid("CA", parent.dice)
        child = Call(
            sid=sid,
            direction="outbound-dial",
            from_=self.verb.get("callerId") or parent.from_,
            to=address_of(noun),
            dice=exchange.chance.dice("call", sid),
            line=new_line(exchange),
            created_at=exchange.clock.now(),
            status="initiated",
            parent=parent,
            callback=callback(self.stage, noun),
            send_digits=noun.get("sendDigits"),
        )
        exchange.add(child)
        self.children.append(child)
        exchange.spawn(self._child_life(child, noun))
        return child

    async def _child_life(self, child: Call, noun: Verb) -> None:
        exchange = self.stage.exchange
        try:
            why = await self._rung_and_bridged(child, noun)
        except Interrupted as interrupted:
            if isinstance(interrupted.why, Redirect):
                self.news.put_nowait(("left", child))
                if not exchange.settings.choices.moved_leg_reports:
                    child.callback = None
                await self.stage.live(exchange, child, interrupted.why.source)
                return
            why = interrupted.why
        finish(exchange, child, why)
        self.news.put_nowait(("ended", child))

    async def _rung_and_bridged(self, child: Call, noun: Verb) -> HangUp:
        """Why the child ended by itself; a bridge does not, somebody hangs up (Interrupted)."""
        seconds = self.verb.number("timeout", 30)
        if noun.name == "Application":
            where = application(self.stage, noun)
            status = await put_through(self.stage.exchange, child, where, seconds, self.stage.live)
        else:
            status = await ring_out(self.stage.exchange, child, seconds)
        if status != "answered":
            return HangUp("callee", status)
        detect_machine(self.stage, child, noun)
        if await self._whisper(child, noun):
            self.news.put_nowait(("answered", child))
            await child.line.hold()
        return HangUp("callee")

    async def _whisper(self, child: Call, noun: Verb) -> bool:
        """What only the callee hears before the bridge; if it hangs up, the callee has declined."""
        await send_digits(self.stage.exchange, child)
        if not noun.get("url"):
            return True
        source = self.stage.source(noun.get("url"), noun.get("method"), "whisper")
        try:
            return (
                await self.stage.perform(self.stage.exchange, child, source, allowed=WHISPER, aside=True) is Next.VERB
            )
        except TwimlError:
            return False

    async def _talk(self, child: Call) -> Outcome:
        exchange, caller = self.stage.exchange, self.stage.call
        self.talking_to = child
        for loser in self.children:
            if loser is not child:
                hang_up(
                    exchange,
                    loser,
                    by="dial",
                    status=None if loser.answered_at else exchange.settings.choices.loser_status,
                )
        answer(exchange, caller)
        self._record("record-from-answer")
        connect(caller, child, True)
        try:
            event = await self._conversation(child)
        finally:
            connect(caller, child, False)
            caller.listening = None
        if event in (None, "star"):
            hang_up(exchange, child, by="dial" if event else "time-limit")
            event = await self._news_of(child, None)
        return Outcome("completed", child, bridged=True, duration=None if event == "left" else child.duration)

    async def _conversation(self, child: Call) -> str | None:
        """What ended it: the child has ended or left, the caller has pressed a star, or (None) the time is up."""
        seconds = self.verb.number("timeLimit", 14_400)
        if not self.verb.flag("hangupOnStar"):
            return await self._news_of(child, seconds)
        self.stage.call.listening = Star(lambda: self.news.put_nowait(("star", child)))
        return await self._news_of(child, seconds)

    def _record(self, since: str) -> None:
        """The parent's recording; `record` names when it begins, and whether each leg has a channel of its own."""
        wanted = self.verb.get("record", "do-not-record")
        if wanted in ("true", since, f"{since}-dual") and self.recording is None:
            plan = RecordingPlan(
                "DialVerb",
                recording_plan(self.stage, self.verb),
                channels=2 if wanted.endswith("-dual") else 1,
                track=self.verb.get("recordingTrack", "both"),
                trim=self.verb.get("trim") == "trim-silence",
            )
            self.recording = recordings.start(self.stage.exchange, self.stage.call, plan)
            self.stage.call.recording = self.recording

    def stop_recording(self) -> None:
        if self.recording is not None:
            recordings.stop(self.stage.exchange, self.recording, "processing")

    def recorded(self) -> list[tuple[str, str]]:
        return recordings.params(self.stage.exchange, self.recording) if self.recording else []

    async def _news_of(self, child: Call, seconds: float | None) -> str | None:
        while news := await self.stage.call.line.hold(self.news.get(), seconds=seconds):
            if news[1] is child:
                return news[0]
        return None

    async def _next_news(self) -> tuple[str, Call]:
        news = await self.stage.call.line.hold(self.news.get())
        assert news is not None  # noqa: S101 - no time limit was given
        return news

    def _may_call_from(self, nouns: list[Verb]) -> bool:
        """Error 13214: a number is called from a number of ours, or from one of the caller's own call.

        Source: https://www.twilio.com/docs/voice/twiml/dial#callerid
        """
        call, wanted = self.stage.call, self.verb.get("callerId")
        if not any(noun.name == "Number" for noun in nouns) or (not wanted and call.from_.startswith("+")):
            return True
        if wanted in (call.from_, call.to) or self.stage.exchange.owns(wanted):
            return True
        self.stage.note(13214, wanted)
        return False
