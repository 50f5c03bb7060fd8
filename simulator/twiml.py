"""TwiML text, read into verbs.

Source: https://www.twilio.com/docs/voice/twiml; what is refused carries the code of Twilio's error dictionary.
"""

from dataclasses import dataclass, field
from urllib.parse import urljoin
from xml.etree import ElementTree

LARGEST = 64 * 1024
TWIML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


@dataclass
class TwimlError(Exception):
    """A document that could not be had or read; `code` as in Twilio's debugger."""

    code: int
    url: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verb:
    name: str
    attributes: dict[str, str]
    text: str = ""
    nouns: list["Verb"] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def flag(self, name: str, default: bool = False) -> bool:
        return self.attributes[name].strip().lower() == "true" if name in self.attributes else default

    def number(self, name: str, default: float) -> float:
        try:
            return float(self.attributes[name])
        except (KeyError, ValueError):
            return default


@dataclass(frozen=True, slots=True)
class Document:
    verbs: list[Verb]
    base: str

    def absolute(self, url: str) -> str:
        """Resolves a URL of this document; an empty one means the document's own."""
        if not self.base and "://" not in url:
            raise TwimlError(15004, url, "inline TwiML needs absolute URLs")
        return urljoin(self.base, url) if url else self.base


def read(text: str | bytes, base: str) -> Document:
    """Raises TwimlError 11750 (too large), 11770 (empty), 12100 (not XML) or 12102 (not <Response>)."""
    size = len(text.encode()) if isinstance(text, str) else len(text)
    if size > LARGEST:
        raise TwimlError(11750, base)
    if not text.strip():
        raise TwimlError(11770, base)
    # No document type, hence no entities to blow up: TwiML needs none.
    if "<!DOCTYPE" in (text if isinstance(text, str) else text.decode("latin-1")):
        raise TwimlError(12100, base, "document types are not allowed")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - entities are refused above
    except ElementTree.ParseError as error:
        raise TwimlError(12100, base, str(error)) from None
    if root.tag != "Response":
        raise TwimlError(12102, base, f"<{root.tag}>")
    return Document([_verb(element) for element in root], base)


def read_answer(body: bytes, content_type: str, base: str) -> Document:
    """Reads the answer to a request for TwiML by its type: text that is no TwiML is read aloud, audio is played."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("audio/"):
        return Document([Verb("Play", {}, base)], base)
    if kind == "text/plain":
        try:
            return read(body, base)
        except TwimlError:
            return Document([Verb("Say", {}, body.decode(errors="replace"))], base)
    if kind not in TWIML_TYPES:
        raise TwimlError(12300, base, kind)
    return read(body, base)


def _verb(element: ElementTree.Element) -> Verb:
    # Say may hold SSML: what is spoken is all of its text.
    text = "".join(element.itertext()) if element.tag == "Say" else element.text or ""
    return Verb(element.tag, dict(element.attrib), " ".join(text.split()), [_verb(child) for child in element])
