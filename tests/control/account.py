"""Twilio's side of a few calls, small enough to be the truth: legs, the documents they run, and what it would report.

REST requests come in by `asked` and `looked_at` (in the threads of the far side) and change what is true at once. What
Twilio would then tell us, callbacks and requests for documents, waits until the test says `tells()`.
"""

import itertools
import threading
import xml.etree.ElementTree as ElementTree
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from tests.conftest import ACCOUNT, LINE, FarSide

Answer = tuple[int, Any]
DEEP = 12  # documents that lead to documents: who waits in a loop is left there


def call_resource(sid: str, status: str = "in-progress") -> dict[str, Any]:
    return {"sid": sid, "account_sid": ACCOUNT, "status": status, "from": "+14155550177", "to": "+15550100100"}


@dataclass
class Line:
    sid: str
    number: str  # of the caller, or whom it rings
    parent: str = ""
    query: str = ""  # of its status callback
    status: str = "in-progress"
    dial: tuple[str, str] | None = None  # it is in a <Dial>: the address behind it, and whom it talks to
    sequence: Iterator[int] = field(default_factory=itertools.count)

    @property
    def live(self) -> bool:
        return self.status == "in-progress"

    @property
    def people(self) -> dict[str, str]:
        if self.parent:
            return {"From": LINE, "To": self.number, "Direction": "outbound-dial", "ParentCallSid": self.parent}
        return {"From": self.number, "To": LINE, "Direction": "inbound"}


class Account:
    """`heard`: who heard which words; `rung`: who was called; `absent`: who does not answer."""

    def __init__(self, twilio: FarSide) -> None:
        self.twilio = twilio
        self.lines: dict[str, Line] = {}
        self.heard: list[tuple[str, str]] = []
        self.rung: list[str] = []
        self.elsewhere: list[str] = []
        self.absent: set[str] = set()
        self.waiting: deque[Callable[[], object]] = deque()
        self.lock = threading.RLock()

    # What happens there ----------------------------------------------------------------------------------------

    def phones(self, number: str = "+14155550177") -> str:
        """Somebody phones in and is put through. Returns the sid of their leg."""
        sid, answer = self.twilio.call_in(From=number)
        self.lines[sid] = Line(sid, number)
        self.run(self.lines[sid], answer.content)
        return sid

    def asked(self, sid: str, form: dict[str, str]) -> Answer:
        """An update of a call, done and answered as Twilio does: it usually still says in-progress."""
        with self.lock:
            line = self.lines.get(sid)
            if line is None:
                return 404, {"code": 20404, "message": "The requested resource was not found", "status": 404}
            if not line.live:
                return 400, {"code": 21220, "message": "Call is not in-progress. Cannot redirect.", "status": 400}
            if "Status" in form:
                self.ends(sid)
            else:
                self.leaves_its_dial(line)
                self.waiting.append(lambda: self.runs(line, form))
        return 200, call_resource(sid)

    def looked_at(self, sid: str) -> Answer:
        line = self.lines.get(sid)
        if line is None:
            return 404, {"code": 20404, "message": "The requested resource was not found", "status": 404}
        return 200, call_resource(sid, line.status)

    def ends(self, sid: str) -> None:
        """A leg is over, and those that it had dialled; whoever had dialled it goes on behind its <Dial>."""
        with self.lock:
            line = self.lines[sid]
            if not line.live:
                return
            self.leaves_its_dial(line)
            line.status = "completed"
            self.waiting.append(lambda: self.reports(line, "completed"))
            parent = self.lines.get(line.parent)
            if parent is not None and parent.live and parent.dial and parent.dial[1] == sid:
                self.behind(parent, line, "completed")

    def leaves_its_dial(self, line: Line) -> None:
        """Its <Dial> is over: who was called is hung up, and the address behind it is asked in vain."""
        if line.dial is None:
            return
        (action, sid), line.dial = line.dial, None
        child = self.lines[sid]
        if child.live:
            child.status = "completed"
            self.waiting.append(lambda: self.reports(child, "completed"))
        self.waiting.append(lambda: self.fetch(line, action, dial_words(child, "completed")))

    def behind(self, line: Line, child: Line, word: str) -> None:
        (action, _), line.dial = line.dial or ("", ""), None
        self.waiting.append(lambda: self.run(line, self.fetch(line, action, dial_words(child, word))))

    # What is told ----------------------------------------------------------------------------------------------

    def tells(self) -> None:
        """All that is to be told by now, and what follows from our answers."""
        while self.waiting:
            self.waiting.popleft()()

    def reports(self, line: Line, word: str) -> None:
        said = {"CallDuration": "30"} if word == "completed" else {}
        answer = self.twilio.status(line.sid, word, next(line.sequence), line.query, **line.people, **said)
        assert answer.status_code == 204

    def fetch(self, line: Line, url: str, said: dict[str, str] | None = None) -> bytes:
        form = {"CallSid": line.sid, "CallStatus": line.status, **line.people, **(said or {})}
        answer = self.twilio.post(path_of(url), form)
        assert answer.status_code == 200
        return bytes(answer.content)

    def runs(self, line: Line, form: dict[str, str]) -> None:
        self.run(line, form["Twiml"].encode() if "Twiml" in form else self.fetch(line, form["Url"]))

    def run(self, line: Line, document: bytes, deep: int = 0) -> None:
        if not line.live:
            return
        for verb in ElementTree.fromstring(document):
            if verb.tag == "Say":
                self.heard.append((line.sid, (verb.text or "").strip()))
            elif verb.tag == "Redirect":
                url = (verb.text or "").strip()
                if not url.startswith(settings.PUBLIC_URL):
                    self.elsewhere.append(url)
                elif deep < DEEP:
                    self.run(line, self.fetch(line, url), deep + 1)
                return
            elif verb.tag == "Dial":
                self.rings(line, verb)
                return
            elif verb.tag == "Hangup":
                break
        self.ends(line.sid)

    def rings(self, line: Line, dial: ElementTree.Element) -> None:
        (noun,) = dial
        address = {"Client": "client:"}.get(noun.tag, "") + (noun.text or "")
        child = Line(self.twilio.sid(), address, line.sid, "?" + urlsplit(noun.get("statusCallback", "")).query)
        self.lines[child.sid] = child
        self.rung.append(address)
        line.dial = (dial.get("action", ""), child.sid)
        answers = address not in self.absent
        for word in ("initiated", "ringing", "in-progress" if answers else "no-answer"):
            self.waiting.append(lambda word=word: self.reports(child, word))  # type: ignore[misc]
        if not answers:
            child.status = "no-answer"
            self.behind(line, child, "no-answer")


def dial_words(child: Line, word: str) -> dict[str, str]:
    bridged = "true" if word == "completed" else "false"
    return {"DialCallStatus": word, "DialCallSid": child.sid, "DialBridged": bridged}


def path_of(url: str) -> str:
    """As Twilio requests it: without our origin and the fragment."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"
