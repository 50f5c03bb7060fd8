"""What a busy floor's Twilio posts: calls with a caller's and an agent's leg, seven callbacks each, ready signed."""

import base64
import hashlib
import hmac
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import urlencode

ACCOUNT, TOKEN, PUBLIC_URL = "AC00000000000000000000000000000001", "token-now", "http://127.0.0.1:8000"
LINE, AGENTS, AT_ONCE = "+15550100100", 50, 300
PLACE = {"City": "SAN FRANCISCO", "State": "CA", "Zip": "94103", "Country": "US"}
# Both legs of a call, in the order in which Twilio tells it.
STORY = [
    ("caller", "ringing"),
    ("agent", "initiated"),
    ("agent", "ringing"),
    ("caller", "in-progress"),
    ("agent", "in-progress"),
    ("agent", "completed"),
    ("caller", "completed"),
]


@dataclass(frozen=True)
class Post:
    """One callback as bytes for the wire. (`sid`, `word`) tells it from all others of a run."""

    sid: str
    word: str
    wire: bytes
    form: tuple[tuple[str, str], ...]


class Traffic:
    """About `at_once` calls that go on side by side. `seed` makes the SIDs: two of a kind never meet."""

    def __init__(self, seed: int, *, at_once: int = AT_ONCE, path: str = "/twilio/status/") -> None:
        self.rng, self.path, self.at_once = random.Random(seed), path, at_once
        self.callers = itertools.count(seed * 1_000 % 9_000_000)

    def posts(self, many: int) -> list[Post]:
        return list(itertools.islice(self, many))

    def __iter__(self) -> Iterator[Post]:
        # The floor has been at work for a while: its calls are at different places of their stories.
        live = [itertools.islice(self.call(), self.rng.randrange(len(STORY)), None) for _ in range(self.at_once)]
        while True:
            place = self.rng.randrange(self.at_once)
            post = next(live[place], None)
            if post is None:
                live[place] = self.call()
            else:
                yield post

    def call(self) -> Iterator[Post]:
        caller, agent = (f"CA{self.rng.getrandbits(128):032x}" for _ in range(2))
        number = f"+1415{next(self.callers) % 10_000_000:07d}"
        contact = f"client:agent{self.rng.randrange(AGENTS)}"
        said: dict[str, int] = {caller: 0, agent: 0}
        for who, word in STORY:
            sid = caller if who == "caller" else agent
            to = LINE if who == "caller" else contact
            form = {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "CallSid": sid, "CallStatus": word}
            form |= {"From": number, "Caller": number, "To": to, "Called": to}
            form |= {
                f"{side}{name}": value for side in ("From", "Caller", "To", "Called") for name, value in PLACE.items()
            }
            form |= {"Direction": "inbound" if who == "caller" else "outbound-dial", "SequenceNumber": str(said[sid])}
            form |= {"Timestamp": formatdate(), "CallbackSource": "call-progress-events"}
            if who == "agent":
                form |= {"ParentCallSid": caller}
            if word == "completed":
                form |= {"CallDuration": "30", "Duration": "1", "SipResponseCode": "200"}
            said[sid] += 1
            yield self.post(sid, word, form)

    def post(self, sid: str, word: str, form: dict[str, str]) -> Post:
        body = urlencode(form).encode()
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
            f"Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nContent-Length: {len(body)}\r\n"
            f"X-Twilio-Signature: {sign(PUBLIC_URL + self.path, form)}\r\nI-Twilio-Idempotency-Token: {sid}{word}\r\n"
            "\r\n"
        )
        return Post(sid, word, head.encode() + body, tuple(form.items()))


def sign(url: str, form: dict[str, str]) -> str:
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
