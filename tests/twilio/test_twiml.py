"""Whatever is said, played or called: the document can be read by any XML parser, and holds the verbs that it should.

An unreadable document (error 12100) ends the call that it was to help.
"""

import inspect
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from calls.twilio import twiml
from calls.twilio.typed import BadTwiml, inline, typed
from tests.guards import figure

OURS = "https://desk.example/twilio/dial/?call=7&step=ring&visit=1#rc=3&rp=ct,rt,5xx"
# Every parameter of every builder, as it usually is.
USUAL = {
    "text": "Hello.",
    "then": OURS,
    "action": OURS,
    "status": OURS,
    "contact": "+14155550177",
    "caller_id": "+15550100100",
    "url": "https://flows.example/survey?a=1&b=2",
    "method": "POST",
    "language": "en-US",
    "voice": "woman",
    "seconds": 20,
    "texts": "Hello.",
    "room": "call-0",
    "wait": OURS,
    "events": OURS,
    "label": "caller",
    "starts": "false",
    "play": "https://flows.example/survey?a=1&b=2",
    "pause": 20,
}
SPOKEN = {"text", "texts"}
FROM_ROWS = {"contact", "caller_id", "url"}  # what admins and Twilio wrote, up to 500 characters
# Every builder, and the verbs of its document in order.
VERBS = {
    "greeting": ["Say", "Redirect"],
    "announcement": ["Say", "Redirect"],
    "recording": ["Play", "Redirect"],
    "ring": ["Dial", "Number"],
    "go_on": ["Redirect"],
    "please_hold": ["Pause", "Redirect"],
    "looped": ["Play"],
    "repeated": ["Say"],
    "silence": ["Pause"],
    "goodbye": ["Say", "Hangup"],
    "hang_up": ["Hangup"],
    "enter_room": ["Dial", "Conference"],
    "with_bot": ["Connect", "ConversationRelay"],
    "waiting": ["Say", "Play", "Pause", "Redirect"],
}
NO_DOCUMENT = {"absolute", "spoken", "plain", "how_long"}

PIECES = [
    "\x00", "\x0b", "\x1b[2J", "\x7f", "\x85", "\ud800", "\udfff", "\udc80", "\ufffe", "\uffff", "\U0001ffff", "\u2028",
    "\u202e", "\u2066", "\u200f", "\ufeff", "\r\n", "\r", "\t", "<", ">", "&", '"', "'", "]]>", "<![CDATA[", "<!--",
    "-->", "--", "<?xml version='1.0'?>", "<!DOCTYPE x [<!ENTITY a 'b'>]>", "&amp;", "&#0;", "&#x1F;", "&a;",
    "</Say>", "</Response>", "<Say>", "<Hangup/>", "<Dial>+19005550123</Dial>", "<Redirect>https://evil.example/</Redirect>",
    "<Response>", "<speak>", "{{7*7}}", "${7}", "%s%n", "\N{PILE OF POO}", "é", "日本", "שלום", "مرحبا", "Hello.",
]  # fmt: skip
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=80)
TEXTS = st.one_of(
    ANYTHING,
    st.lists(st.one_of(st.sampled_from(PIECES), ANYTHING), max_size=12).map("".join),
    st.builds(
        lambda piece, text: (piece + text + "x") * (100_000 // (len(piece + text) + 1)),
        st.sampled_from(PIECES),
        ANYTHING,
    ),
)


def readable(text: str) -> str:
    """What XML 1.0 can carry of a text (https://www.w3.org/TR/xml/#charsets), line ends as a parser reads them."""
    kept = "".join(
        char for char in text
        if char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char >= "\U00010000"
    )  # fmt: skip
    return kept


def read(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def builders() -> dict:
    made = inspect.getmembers(twiml, inspect.isfunction)
    return {name: it for name, it in made if it.__module__ == twiml.__name__ and name not in NO_DOCUMENT}


def build(name: str, **fields) -> list[ElementTree.Element]:
    """The elements of its document, without the root."""
    builder = builders()[name]
    given = {one: USUAL[one] for one in inspect.signature(builder).parameters} | fields
    texts = [given.pop("texts")] if "texts" in given else []
    document = builder(*texts, **given)
    assert len(document.encode()) <= 64 * 1024
    root = ElementTree.fromstring(document)
    assert root.tag == "Response" and not root.attrib
    return list(root.iter())[1:]


def tags(elements: list[ElementTree.Element]) -> list[str]:
    return [element.tag for element in elements]


def test_every_builder_is_looked_at_and_every_parameter_too():
    assert builders().keys() == VERBS.keys(), "a new builder: say which verbs it is made of"
    named = {one for builder in builders().values() for one in inspect.signature(builder).parameters}
    assert named == USUAL.keys()


@pytest.mark.parametrize("name", VERBS)
def test_a_usual_document_holds_what_it_was_given(name):
    elements = build(name)
    assert tags(elements) == VERBS[name]
    parameters = inspect.signature(builders()[name]).parameters
    told = [value for element in elements for value in [element.text, *element.attrib.values()]]
    if "method" in parameters:
        elements, parameters = build(name, method="GET"), {"url": None}
        assert elements[0].attrib == {"method": "GET"}
    assert all(str(USUAL[one]) in told for one in parameters)


@settings(max_examples=figure(3_000, least=600), deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS)
@example("".join(PIECES))
@example("\x00" * 100_000)
@example("]]>" * 40_000)
@example("&" * 100_000)
@example("\U0001f4a9" * 25_000)
@example("")
def test_whatever_is_said_the_document_can_be_read_and_says_it(text):
    for name, builder in builders().items():
        for parameter in SPOKEN & inspect.signature(builder).parameters.keys():
            elements = build(name, **{parameter: text})
            assert tags(elements) == VERBS[name]
            assert (elements[0].text or "") == read(readable(text)[:1_000])
            assert elements[0].attrib.keys() <= {"language", "voice", "loop"}
            assert {element.text or OURS for element in elements[1:]} <= {OURS, USUAL["play"]}


@settings(max_examples=figure(3_000, least=600), deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS)
@example("".join(PIECES)[:500])
def test_whatever_is_called_or_played_the_document_can_be_read(text):
    text = text[:500]
    for name, builder in builders().items():
        for parameter in FROM_ROWS & inspect.signature(builder).parameters.keys():
            for kind, tag in (
                {"": "Number", "client:": "Client", "sip:": "Sip"}.items() if name == "ring" else [("", "")]
            ):
                elements = build(
                    name, **{parameter: "+" + text if parameter == "contact" and not kind else kind + text}
                )
                wanted = [tag if parameter == "contact" and verb == "Number" else verb for verb in VERBS[name]]
                assert tags(elements) == wanted
                told = [value for element in elements for value in [element.text or "", *element.attrib.values()]]
                assert any(readable(text)[1:] in value or read(readable(text)) in value for value in told) or not text


def test_a_leg_that_is_dialled_ends_by_itself():
    """What nobody ends must end: four hours at most (toll fraud)."""
    dial = build("ring")[0]
    assert int(dial.attrib["timeLimit"]) <= 4 * 60 * 60


# What somebody typed as TwiML ---------------------------------------------------------------------------------------

MARKS = [
    "<Say>", "</Say>", "<Play>", "</Play>", "<Dial>", "</Dial>", "<Number>", "</Number>", "<Pause length='", "'/>",
    "'>", "<Gather action='", "</Gather>", "<Redirect method='GET'>", "https://a.example/", "+14155550177",
]  # fmt: skip
PARTS = st.lists(st.one_of(st.sampled_from(PIECES + MARKS), ANYTHING), max_size=30)
MARKUP = PARTS.map(lambda parts: "<Response>" + "".join(parts) + "</Response>")


@settings(max_examples=figure(3_000, least=600), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(MARKUP, TEXTS))
@example("<Response><Say voice='" + '"' * 3_000 + "'>x</Say></Response>")
@example("<Response><Say>" + ">" * 3_000 + "</Say></Response>")
@example("<Response>" + "<Gather>" * 200 + "</Gather>" * 200 + "</Response>")
@example("<!DOCTYPE x [<!ENTITY a 'aaaa'>]><Response><Say>&a;</Say></Response>")
@example("<Response><Say>hi</Say></Response>")
def test_what_is_typed_is_refused_in_words_or_can_be_sent(text):
    try:
        document = inline(typed(text), then=OURS, status=OURS)
    except BadTwiml as error:
        assert str(error)[0].isupper() or str(error)[0] in "<'\""
        assert len(str(error)) < 300
        return
    assert len(document) <= 4_000
    root = ElementTree.fromstring(document)
    assert root.tag == "Response" and [element.tag for element in root][-1] == "Redirect"
    assert root[-1].text == OURS
    assert "<!" not in document


HIDDEN = [
    "<Dial>+19005550123</Dial>",
    "<Dial>+19005550123<Pause/></Dial>",
    "<Dial><Pause/>+19005550123</Dial>",
    "<Dial><!-- -->+19005550123</Dial>",
    "<Dial>+1900<!-- -->5550123</Dial>",
    "<Dial><Number>+19005550123</Number></Dial>",
    "<Dial><Number>+1900<b/>5550123</Number></Dial>",
    "<Dial><Number><b>+19005550123</b></Number></Dial>",
    "<Dial><Number> +19005550123 </Number></Dial>",
    "<Dial><Sim>+19005550123</Sim></Dial>",
    "<Dial><WhatsApp>+19005550123</WhatsApp></Dial>",
    "<Gather><Dial>+19005550123</Dial></Gather>",
    "<Refer><Sip>+19005550123</Sip></Refer>",
    "<Dial>&#43;19005550123</Dial>",
]


@pytest.mark.parametrize("markup", HIDDEN)
def test_a_number_is_found_wherever_it_is_put(markup):
    assert "+19005550123" in typed(f"<Response>{markup}</Response>").calls


@pytest.mark.parametrize(
    "markup",
    [
        "<Dial><x:Number xmlns:x='u'>+19005550123</x:Number></Dial>",
        "<Dial><Number xmlns='u'>+19005550123</Number></Dial>",
        "<Dial xmlns='u'>+19005550123</Dial>",
        "<dial>+19005550123</dial>",
        "<x:Dial xmlns:x='u'>+19005550123</x:Dial>",
        "<Number>+19005550123</Number>",
    ],
)
def test_what_might_be_a_number_to_somebody_else_is_not_sent(markup):
    with pytest.raises(BadTwiml):
        typed(f"<Response>{markup}</Response>")
