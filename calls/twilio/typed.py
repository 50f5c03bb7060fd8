"""TwiML that somebody typed: looked at before it is sent. Pure."""

import re
from dataclasses import dataclass
from xml.etree import ElementTree

from calls.twilio.twiml import CHARACTERS_A_SECOND, LONGEST_CALL, LONGEST_INLINE, NOT_XML, PROGRESS

LONGEST_PAUSE = 600  # seconds


class BadTwiml(ValueError):
    """Not a document that Twilio could run. `str(error)` says why, in words."""


VERBS = {
    "Say", "Play", "Pause", "Gather", "Record", "Dial", "Enqueue", "Leave", "Redirect", "Reject", "Hangup", "Refer",
    "Start", "Stop", "Connect",
}  # fmt: skip
CALLED = ("Number", "Sip", "Client")
CALLED_TOO = ("Sim", "WhatsApp", "Application", "Refer")  # read by whoever asks what is called; none of ours
LONGEST = LONGEST_INLINE - 800  # characters: room for the callbacks of who is called, and for the redirect behind it
ROOM = "x" * 350  # an address of ours
ADDRESSES = {"action", "url", "statusCallback", "waitUrl", "recordingStatusCallback", "partialResultCallback"}


@dataclass(frozen=True)
class Typed:
    """A typed document: its verbs in order, the numbers and addresses it would call, and about how long it speaks."""

    document: str
    verbs: tuple[str, ...]
    calls: tuple[str, ...]
    seconds: int


def typed(text: str) -> Typed:
    """Look at TwiML that somebody typed, before it is sent. Raises BadTwiml.

    One <Response> of verbs that Twilio knows, in well-formed XML without DOCTYPE; every address in it absolute (15004).
    """
    if len(text) > LONGEST:
        raise BadTwiml(f"It is longer than {LONGEST} characters.")
    if NOT_XML.search(text) or "<!" in text.replace("<!--", "") or "<?" in text.lstrip()[5:]:
        raise BadTwiml("It holds what TwiML cannot: control characters, a DOCTYPE or an instruction.")
    try:
        root = ElementTree.fromstring(text.strip())  # noqa: S314 - short, and without entities of its own
    except ElementTree.ParseError as error:
        raise BadTwiml(f"It is not XML: {error}.") from error
    if root.tag != "Response":
        raise BadTwiml("It does not begin with <Response>.")
    for element in root:
        if element.tag not in VERBS:
            raise BadTwiml(f"<{str(element.tag)[:40]}> is no verb of TwiML.")
    if not len(root):
        raise BadTwiml("It is empty: the call would end.")
    for element in root.iter():
        said = [value for name, value in element.attrib.items() if name in ADDRESSES]
        said += [(element.text or "").strip()] if element.tag in ("Play", "Redirect") else []
        for address in said:
            if not re.fullmatch(r"(https|wss)://[^\s/]+\S*", address):
                raise BadTwiml(f"{address[:60]!r} is not a whole https address.")
        # Whether Twilio minds namespaces nobody says; a <x:Number> might be called that is no <Number> to us.
        if "{" in element.tag:
            raise BadTwiml("It holds names with a namespace, which TwiML has none of.")
    called = ["".join(element.itertext()) for element in root.iter() if element.tag in (*CALLED, *CALLED_TOO)]
    called += [own(dial) for dial in root.iter("Dial")]
    words = sum(len(element.text or "") for element in root.iter("Say"))
    lengths = [element.get("length", "1") for element in root.iter("Pause")]
    if any(not re.fullmatch("[0-9]{1,3}", length) or int(length) > LONGEST_PAUSE for length in lengths):
        raise BadTwiml(f"A <Pause> lasts from 0 to {LONGEST_PAUSE} seconds.")
    pauses = sum(map(int, lengths))
    plays = sum(30 for _ in root.iter("Play"))
    seconds = words // CHARACTERS_A_SECOND + pauses + plays + 5
    calls = tuple(filter(None, (one.strip() for one in called)))
    document = Typed(text.strip(), tuple(element.tag for element in root), calls, seconds)
    # Written out anew, a quotation mark may have become six characters.
    if len(inline(document, then=ROOM, status=ROOM)) > LONGEST_INLINE:
        raise BadTwiml(f"As it is sent, it is longer than {LONGEST_INLINE} characters.")
    return document


def own(element: ElementTree.Element) -> str:
    """What stands in it beside its children."""
    return (element.text or "") + "".join(child.tail or "" for child in element)


def inline(document: Typed, *, then: str, status: str) -> str:
    """The typed document with what comes behind it. Built anew, so that nothing but elements and text is in it.

    Whoever it calls reports to `status`, unless it says where: nobody would hear of that leg otherwise.
    """
    root = ElementTree.fromstring(document.document)  # noqa: S314 - looked at by `typed`
    for dial in root.iter("Dial"):
        limit = dial.get("timeLimit", "")
        if not re.fullmatch("[0-9]{1,5}", limit) or int(limit) > LONGEST_CALL:
            dial.set("timeLimit", str(LONGEST_CALL))
        if not len(dial) and (dial.text or "").strip():
            ElementTree.SubElement(dial, "Number").text, dial.text = (dial.text or "").strip(), None
        for noun in dial:
            if noun.tag in CALLED and "statusCallback" not in noun.attrib:
                noun.attrib |= {"statusCallback": status, "statusCallbackEvent": PROGRESS}
    behind = ElementTree.SubElement(root, "Redirect", method="POST")
    behind.text = then
    return ElementTree.tostring(root, encoding="unicode")
