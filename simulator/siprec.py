"""SIPREC sessions: a recorder elsewhere gets the call's sound; here it is only said that it does.

Source: https://www.twilio.com/docs/voice/twiml/siprec
"""

from .calls import Call, CallbackPlan
from .clock import iso
from .exchange import Exchange
from .forks import Fork
from .parameters import about


class Siprec(Fork):
    prefix, kind = "SR", "Siprec"

    def __init__(self, exchange: Exchange, call: Call, name: str, callback: CallbackPlan | None = None):
        super().__init__(exchange, call, name)
        self._callback = callback
        self._tell("siprec-started")

    def ended(self) -> None:
        self._tell("siprec-stopped")

    def _tell(self, event: str) -> None:
        if self._callback is None:
            return
        params = [
            *about(self.call, self.exchange.settings.account_sid),
            ("SiprecSid", self.sid),
            ("SiprecName", self.name),
            ("SiprecEvent", event),
            ("Timestamp", iso(self.exchange.clock.now()) or ""),
        ]
        self.exchange.post.tell(self.call.sid, "siprec", self._callback.url, self._callback.method, params)
