"""ConversationRelay: the application is told in words what the caller says, and answers in words that they hear.

Source: https://www.twilio.com/docs/voice/conversationrelay/websocket-messages
"""

import asyncio
import json
from dataclasses import dataclass

from . import listening
from .calls import Call
from .chance import new_sid
from .exchange import Exchange
from .listening import Listening
from .speech import hear, seconds_of
from .twiml import Verb
from .wire import Socket, SocketFailed, say


@dataclass(frozen=True, slots=True)
class RelayPlan:
    url: str
    greeting: str = ""
    language: str = "en-US"
    partial_prompts: bool = False
    dtmf: bool = False
    interruptible: bool = True
    parameters: tuple[tuple[str, str], ...] = ()


class Relay:
    """One conversation. `status` and `handoff` say how it ended."""

    def __init__(self, exchange: Exchange, call: Call, plan: RelayPlan):
        self.exchange, self.call, self.plan = exchange, call, plan
        self.sid = new_sid("VX", call.dice)
        self.began_at = exchange.clock.now()
        self.status, self.handoff = "completed", ""
        self._socket: Socket | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._said = ""
        self._tokens = ""

    def params(self) -> list[tuple[str, str]]:
        """What the action is told."""
        seconds = round((self.exchange.clock.now() - self.began_at).total_seconds())
        told = [("SessionId", self.sid), ("SessionStatus", self.status), ("SessionDuration", str(seconds))]
        return told + ([("HandoffData", self.handoff)] if self.handoff else [])

    async def run(self) -> None:
        """Until the application ends it or goes away."""
        try:
            async with self.exchange.clock.still():
                self._socket = await self.exchange.post.wire.web_socket(self.plan.url)
        except SocketFailed as failed:
            self.exchange.note(64102, subject=self.call.sid, url=self.plan.url, detail=str(failed.code))
            self.status = "failed"
            return
        caller = self.exchange.spawn(self._caller(), may_fail=True)
        try:
            await self._introduce()
            await self._application(self._socket)
        finally:
            caller.cancel()
            self.call.listening = None
            self._be_quiet()

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def _introduce(self) -> None:
        call = self.call
        await self._send(
            {
                "type": "setup",
                "sessionId": self.sid,
                "callSid": call.sid,
                "parentCallSid": call.parent.sid if call.parent else "",
                "from": call.from_,
                "to": call.to,
                "forwardedFrom": "",
                "callerName": "",
                "direction": call.direction,
                "callType": "PSTN",
                "callStatus": "IN-PROGRESS",
                "accountSid": self.exchange.settings.account_sid,
                "customParameters": dict(self.plan.parameters),
            }
        )
        if self.plan.greeting:
            self._speak(self.plan.greeting)
        self._prompt_person()

    async def _caller(self) -> None:
        """What the caller says and keys goes to the application; whoever talks over it interrupts."""
        self.call.listening = ears = Listening()
        while True:
            kind, text = await ears.heard.get()
            if self._speaking is not None and self.plan.interruptible:
                self._be_quiet()
                await self._send(
                    {
                        "type": "interrupt",
                        "utteranceUntilInterrupt": self._said,
                        "durationUntilInterruptMs": "500",
                    }
                )
            if kind == "SpeechResult":
                await self._prompt(text)
            elif self.plan.dtmf:
                for digit in text:
                    await self._send({"type": "dtmf", "digit": digit})

    async def _prompt(self, words: str) -> None:
        half = " ".join(words.split()[: len(words.split()) // 2])
        if self.plan.partial_prompts and half:
            await self._send({"type": "prompt", "voicePrompt": half, "lang": self.plan.language, "last": False})
        await self._send({"type": "prompt", "voicePrompt": words, "lang": self.plan.language, "last": True})

    async def _application(self, socket: Socket) -> None:
        async for message in socket:
            try:
                said = json.loads(message.data)
            except (TypeError, ValueError):
                said = None
            if not isinstance(said, dict):
                await self._send({"type": "error", "description": "Invalid message"})
                continue
            match said.get("type"):
                case "text":
                    self._tokens += str(said.get("token", ""))
                    if said.get("last"):
                        self._speak(self._tokens)
                        self._tokens = ""
                case "play":
                    hear(self.exchange, self.call, Verb("Play", {}, str(said.get("source", ""))))
                case "sendDigits":
                    hear(self.exchange, self.call, Verb("Play", {"digits": str(said.get("digits", ""))}))
                case "language":
                    pass
                case "end":
                    self.status, self.handoff = "ended", str(said.get("handoffData", ""))
                    await socket.close()
                    return
                case unknown:
                    await self._send({"type": "error", "description": f"Unknown message type {unknown}"})

    def _speak(self, words: str) -> None:
        self._be_quiet()
        self._said = words
        self._speaking = self.exchange.spawn(self._spoken(words))

    async def _spoken(self, words: str) -> None:
        verb = Verb("Say", {}, words)
        hear(self.exchange, self.call, verb)
        await self.exchange.clock.sleep(seconds_of(self.exchange, verb))
        self._speaking = None
        self._prompt_person()

    def _prompt_person(self) -> None:
        """Once it is quiet, the caller says what their script has next."""
        person = self.call.person
        if self._speaking is None and person is not None and (words := person.next_answer()):
            self.exchange.later(person.manner.thinks, listening.say, self.exchange, self.call, words)

    def _be_quiet(self) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
            self._speaking = None

    async def _send(self, message: dict[str, object]) -> None:
        await say(self._socket, message)
