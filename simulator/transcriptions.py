"""Live transcription: what is said on a call, told as it is said.

Source: https://www.twilio.com/docs/voice/twiml/transcription
"""

import json
from collections import Counter
from dataclasses import dataclass

from .calls import Call, CallbackPlan
from .clock import iso
from .exchange import Exchange
from .forks import Fork

TRACKS = {"inbound_track": ("inbound_track",), "outbound_track": ("outbound_track",)}
BOTH = ("inbound_track", "outbound_track")


@dataclass(frozen=True, slots=True)
class TranscriptionPlan:
    callback: CallbackPlan | None = None
    name: str = ""
    track: str = "both_tracks"
    inbound_label: str = ""
    outbound_label: str = ""
    partial_results: bool = False
    language: str = "en-US"
    engine: str = "google"
    model: str = "telephony"


class Transcription(Fork):
    prefix, kind = "GT", "Transcriptions"

    def __init__(self, exchange: Exchange, call: Call, plan: TranscriptionPlan):
        super().__init__(exchange, call, plan.name)
        self.plan = plan
        self._sequence: Counter[str] = Counter()
        call.ears.append(self._hear)
        provider = {"speechModel": plan.model, "profanityFilter": "true", "enableAutomaticPunctuation": "true"}
        labels = [("InboundTrackLabel", plan.inbound_label), ("OutboundTrackLabel", plan.outbound_label)]
        self._tell(
            "transcription-started",
            "",
            [
                ("ProviderConfiguration", json.dumps(provider)),
                ("TranscriptionEngine", plan.engine),
                ("Name", self.name),
                ("Track", plan.track),
                *(label for label in labels if label[1]),
                ("PartialResults", str(plan.partial_results).lower()),
                ("LanguageCode", plan.language),
            ],
        )

    def ended(self) -> None:
        self.call.ears.remove(self._hear)
        self._tell("transcription-stopped", "", [])

    def _hear(self, track: str, words: str, whole: bool) -> None:
        if track in TRACKS.get(self.plan.track, BOTH) and (whole or self.plan.partial_results):
            self._content(track, words, final=whole)

    def _content(self, track: str, words: str, *, final: bool) -> None:
        said: dict[str, object] = {"transcript": words}
        # Only what is final has a confidence, only what is not yet has a stability.
        if final:
            said["confidence"] = 0.95
        stability = [] if final else [("Stability", "0.5")]
        self._tell(
            "transcription-content",
            track,
            [
                ("Track", track),
                ("TranscriptionData", json.dumps(said)),
                ("Final", str(final).lower()),
                ("LanguageCode", self.plan.language),
                *stability,
            ],
        )

    def _tell(self, event: str, track: str, extra: list[tuple[str, str]]) -> None:
        plan = self.plan.callback
        if plan is None:
            return
        self._sequence[track] += 1
        params = [
            ("AccountSid", self.exchange.settings.account_sid),
            ("CallSid", self.call.sid),
            ("TranscriptionSid", self.sid),
            ("Timestamp", iso(self.exchange.clock.now()) or ""),
            ("SequenceId", str(self._sequence[track])),
            ("TranscriptionEvent", event),
        ]
        self.exchange.post.tell(self.call.sid, "transcription", plan.url, plan.method, params + extra)
