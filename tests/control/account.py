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
from tests.control.aside import Beside
from tests.control.rooms import NOT_THERE, Place, Room

Answer = tuple[int, Any]
DEEP = 12  # documents that lead to documents: who waits in a loop is left there


def call_resource(sid: str, status: str = "in-progress") -> dict[str, Any]:
    return {"sid": sid, "account_sid": ACCOUNT, "status": status, "from": "+14155550177", "to": "+15550100100"}


def as_resource(line: "Line") -> dict[str, Any]:
    called = {"from": line.ours, "to": line.number, "direction": "outbound-api"} if line.called else {}
    return call_resource(line.sid, line.status) | called


@dataclass
class Line:
    sid: str
    number: str  # of the caller, or whom it rings
    parent: str = ""
    query: str = ""  # of its status callback
    status: str = "in-progress"
    ours: str = LINE  # whom they phoned; of who is called in, who calls
    called: bool = False  # in, by REST
    limit: int = 0  # seconds that it may last
    dial: tuple[str, str] | None = None  # it is in a <Dial>: the address behind it, and whom it talks to
    sequence: Iterator[int] = field(default_factory=itertools.count)

    @property
    def live(self) -> bool:
        return self.status in ("ringing", "in-progress")

    @property
    def people(self) -> dict[str, str]:
        if self.parent:
            return {"From": LINE, "To": self.number, "Direction": "outbound-dial", "ParentCallSid": self.parent}
        if self.called:
            return {"From": self.ours, "To": self.number, "Direction": "outbound-api"}
        return {"From": self.number, "To": self.ours, "Direction": "inbound"}


class Account:
    """`heard`: who heard which words; `rung`: who was called; `absent`: who does not answer; `slow`: who rings on."""

    def __init__(self, twilio: FarSide) -> None:
        self.twilio = twilio
        self.lines: dict[str, Line] = {}
        self.heard: list[tuple[str, str]] = []
        self.rung: list[str] = []
        self.elsewhere: list[str] = []
        self.absent: set[str] = set()
        self.slow: set[str] = set()
        self.waiting: deque[Callable[[], object]] = deque()
        self.lock = threading.RLock()
        self.room: Room | None = None  # the last that was opened
        self.rooms: list[Room] = []
        self.beside = Beside(self)

    # What happens there ----------------------------------------------------------------------------------------

    def phones(self, number: str = "+14155550177", to: str = LINE) -> str:
        """Somebody phones in and is put through. Returns the sid of their leg."""
        sid, answer = self.twilio.call_in(From=number, To=to)
        self.lines[sid] = Line(sid, number, ours=to)
        self.run(self.lines[sid], answer.content)
        return sid

    def meet(self, call: object, *sids: str) -> None:
        """They are in the room of this call."""
        room = self.opens(f"call-{call}")
        for sid in sids:
            room.enters(Place(sid))
        self.tells()

    def opens(self, name: str, events: str = "/twilio/conference/") -> Room:
        self.room = Room(self, name, events)
        self.rooms.append(self.room)
        return self.room

    def found(self, room: str) -> Room | None:
        """By its SID, or one that lives by its name."""
        known = (each for each in reversed(self.rooms) if room == each.sid or (room == each.name and not each.over))
        return next(known, None)

    def calls_in(self, room: Room, form: dict[str, str]) -> str:
        """Somebody is called into a room: it rings, and whoever is not absent picks up."""
        query = "?" + urlsplit(form["StatusCallback"]).query
        line = Line(self.twilio.sid(), form["To"], query=query, status="ringing", ours=form["From"], called=True)
        self.lines[line.sid] = line
        self.rung.append(line.number)
        for word in ("initiated", "ringing"):
            self.waiting.append(lambda word=word: line.live and self.reports(line, word))  # type: ignore[misc]
        if line.number not in self.slow:
            self.waiting.append(lambda: self.picks_up(line, room))
        return line.sid

    def picks_up(self, line: Line, room: Room) -> None:
        if line.status != "ringing":
            return
        if line.number in self.absent:
            room.invited.pop(line.sid, None)
            line.status = "no-answer"
        else:
            line.status = "in-progress"
        self.reports(line, line.status)
        if line.live:
            room.enters(room.invited[line.sid])

    def is_out(self, place: Place) -> None:
        """Of a room, and not by themselves."""
        line = self.lines[place.sid]
        if not place.behind:
            self.ends(place.sid)
        elif line.live:
            answered = {"DialCallStatus": "answered"}
            self.waiting.append(lambda: line.live and self.run(line, self.fetch(line, place.behind, answered)))

    def turn(self, room: Room) -> None:
        """Of what whoever waits there hears."""
        for place in [place for place in room.places.values() if place.wait and room.status == "init"]:
            line = self.lines[place.sid]
            for verb in ElementTree.fromstring(self.fetch(line, place.wait)):
                if verb.tag == "Say":
                    self.heard.append((line.sid, (verb.text or "").strip()))
                elif verb.tag == "Redirect":
                    place.wait = (verb.text or "").strip()

    def all_hear(self, url: str, sids: list[str]) -> None:
        """Of a document for a room: Say is heard, and Redirect is followed once."""
        line = self.lines[sids[0]]
        for verb in ElementTree.fromstring(self.fetch(line, url)):
            if verb.tag == "Say":
                self.heard += [(sid, (verb.text or "").strip()) for sid in sids]
            elif verb.tag == "Redirect":
                self.fetch(line, (verb.text or "").strip())

    def asked(self, sid: str, form: dict[str, str]) -> Answer:
        """An update of a call, done and answered as Twilio does: it usually still says in-progress. `CF…/CA…` is
        somebody in a room, `CF…/` the room, `CF…/new` one more; `CA…/Recordings/RE…` is what runs beside a leg."""
        with self.lock:
            whole, _, rest = sid.partition("/")
            if "/" in sid and not whole.startswith("CA"):
                room = self.found(whole)
                return room.asked(rest, form) if room else NOT_THERE
            if rest:
                return self.beside.asked(whole, *rest.split("/"), form)
            line = self.lines.get(sid)
            if line is None:
                return NOT_THERE
            if not line.live or (line.status == "ringing" and "Status" not in form):
                return 400, {"code": 21220, "message": "Call is not in-progress. Cannot redirect.", "status": 400}
            if form.get("Status") == "canceled" and line.called and line.status != "ringing":
                return 400, {"code": 21220, "message": "Call is in-progress. Cannot cancel.", "status": 400}
            answer = as_resource(line)  # as it was: what was asked for comes a moment later
            if "Status" in form:
                self.ends(sid)
            elif "TimeLimit" in form:
                line.limit = int(form["TimeLimit"])
            else:
                self.is_sent_elsewhere(line, form)
        return 200, answer

    def is_sent_elsewhere(self, line: Line, form: dict[str, str]) -> None:
        self.leaves_its_dial(line)
        parent = self.lines.get(line.parent)
        self.waiting.append(lambda: self.runs(line, form))
        if parent is not None and parent.live and parent.dial and parent.dial[1] == line.sid:
            self.behind(parent, line, "answered")

    def resource(self, sid: str) -> dict[str, Any]:
        """As it is now, whatever was asked of it."""
        whole, slash, rest = sid.partition("/")
        if not slash:
            return call_resource(sid)
        if rest in ("", "new") or rest.endswith("/"):
            return {"sid": whole, "status": "in-progress"}
        return self.looked_at(sid)[1]  # type: ignore[no-any-return]

    def looked_at(self, sid: str) -> Answer:
        whole, slash, rest = sid.partition("/")
        if whole == "named":
            rooms = [room.looked_at("")[1] for room in reversed(self.rooms) if room.name == rest]
            return 200, {"conferences": rooms, "next_page_uri": None}
        if slash and whole.startswith("CF"):
            room = self.found(whole)
            return room.looked_at(rest) if room else NOT_THERE
        if rest:
            return self.beside.looked_at(*rest.split("/"))
        line = self.lines.get(sid)
        return NOT_THERE if line is None else (200, as_resource(line))

    def ends(self, sid: str) -> None:
        """A leg is over, and those that it had dialled; whoever had dialled it goes on behind its <Dial>."""
        with self.lock:
            line = self.lines[sid]
            if not line.live:
                return
            self.leaves_its_dial(line)
            line.status = "canceled" if line.status == "ringing" else "completed"
            self.leaves_its_room(line)
            self.beside.ends(sid)
            self.waiting.append(lambda: self.reports(line, line.status))
            parent = self.lines.get(line.parent)
            if parent is not None and parent.live and parent.dial and parent.dial[1] == sid:
                self.behind(parent, line, "completed")

    def leaves_its_dial(self, line: Line) -> None:
        """Its <Dial> is over: who was called is hung up, and the address behind it is asked in vain."""
        place = self.leaves_its_room(line) if line.live else None
        if place is not None and place.behind:
            self.waiting.append(lambda: self.fetch(line, place.behind, {"DialCallStatus": "answered"}))
        if line.dial is None:
            return
        (action, sid), line.dial = line.dial, None
        child = self.lines[sid]
        if child.live:
            child.status = "completed"
            self.leaves_its_room(child)
            self.beside.ends(child.sid)
            self.waiting.append(lambda: self.reports(child, "completed"))
        self.waiting.append(lambda: self.fetch(line, action, dial_words(child, "completed")))

    def leaves_its_room(self, line: Line) -> Place | None:
        left = [place for room in self.rooms if (place := room.leaves(line.sid)) is not None]
        return left[0] if left else None

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

    def says(self, url: str, said: dict[str, str]) -> None:
        assert self.twilio.post(path_of(url), said).status_code == 204

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
        if noun.tag == "Conference":
            self.comes_into(line, dial, noun)
            return
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

    def comes_into(self, line: Line, dial: ElementTree.Element, noun: ElementTree.Element) -> None:
        room = self.found(noun.text or "") or self.opens(noun.text or "", noun.get("statusCallback", ""))
        starts, ends = (noun.get(name) == "true" for name in ("startConferenceOnEnter", "endConferenceOnExit"))
        wait = noun.get("waitUrl", "")
        room.enters(Place(line.sid, starts=starts, ends=ends, behind=dial.get("action", ""), wait=wait))


def dial_words(child: Line, word: str) -> dict[str, str]:
    """Of who was moved away no duration is told."""
    words = {"DialCallStatus": word, "DialCallSid": child.sid}
    words["DialBridged"] = "true" if word in ("completed", "answered") else "false"
    return words if child.live else words | {"DialCallDuration": "30"}


def path_of(url: str) -> str:
    """As Twilio requests it: without our origin and the fragment."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
