"""§7 and §2.2 of the facts: which attributes TwiML has, and what is said of wrong ones."""

import inspect
from datetime import datetime

import pytest
from twilio.twiml import voice_response

from simulator.vocabulary import ATTRIBUTES

from ..conftest import CALLER, NUMBER, STAY

# What the official library takes as arguments though it becomes the element's text.
TEXT = {
    *("self", "kwargs", "message", "url", "number", "name", "phoneNumber", "sipUrl", "identity", "body", "sid"),
    *("applicationSid", "simSid"),
}
GONE = "CF" + "0" * 32
BUILDERS = (voice_response.VoiceResponse, voice_response.Dial, voice_response.Gather, voice_response.Start)


def of_the_library(element: str) -> set[str]:
    """The attributes that the official library knows of an element."""
    method = {"WhatsApp": "whats_app"}.get(element, element.lower())
    makers = [getattr(builder, method) for builder in BUILDERS if hasattr(builder, method)]
    names = [name for maker in makers for name in inspect.signature(maker).parameters]
    return {_camel(name) for name in names} - TEXT


def _camel(name: str) -> str:
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.title() for word in rest)


@pytest.fixture
def noted(twilio, application):
    """What the debugger says of a document: codes and words."""

    def read(*verbs: str) -> list[tuple[int, str]]:
        application.says("/voice/", *verbs, STAY)
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: any(one["verb"] == "Say" for one in twilio.call(sid)["heard"]))
        return [(note["code"], note["detail"]) for note in twilio.truth()["notes"]]

    return read


@pytest.mark.parametrize("element", sorted(ATTRIBUTES))
def test_7_every_attribute_of_the_official_library_is_known(element):
    assert of_the_library(element) - ATTRIBUTES[element] == set()


def test_2_2_an_attribute_that_there_is_not_is_a_warning_and_nothing_else(noted):
    assert noted('<Pause length="1" colour="red"/>') == [(12200, "<Pause> has no attribute colour")]


def test_2_2_attributes_are_case_sensitive(noted):
    assert noted('<Pause Length="1"/>') == [(12200, "<Pause> has no attribute Length")]


def test_2_2_a_noun_has_attributes_of_its_own(noted):
    answer = '<Dial><Client statusCallbackUrl="/status/" url="/nowhere/">dana</Client></Dial>'
    assert noted(answer)[0] == (12200, "<Client> has no attribute statusCallbackUrl")


def test_7_a_gather_says_plays_and_pauses_and_nothing_else(noted):
    answer = "<Gather timeout='1'><Dial>dana</Dial><Pause length='1'/></Gather>"
    assert noted(answer) == [(12200, "<Dial> in <Gather> was skipped")]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ('<Dial method="PUT">{}</Dial>', 13210),
        ('<Dial timeout="soon">{}</Dial>', 13212),
        ('<Dial hangupOnStar="yes">{}</Dial>', 13213),
        ('<Dial><Number sendDigits="1x">no number</Number></Dial>', 13222),
        ('<Dial><Conference muted="yes">{gone}</Conference></Dial>', 13230),
        ('<Dial><Conference endConferenceOnExit="1">{gone}</Conference></Dial>', 13231),
        ('<Dial><Conference startConferenceOnEnter="0">{gone}</Conference></Dial>', 13232),
    ],
)
def test_4_6_a_wrong_value_has_a_code_of_its_own_and_the_document_goes_on(noted, answer, code):
    assert code in [code for code, _ in noted(answer.format("<Number>no number</Number>", gone=GONE))]


@pytest.mark.parametrize(("barge_in", "hears_it_all"), [("true", False), ("false", True)])
def test_7_with_barge_in_speech_cuts_a_prompt_short_and_without_it_is_heard_to_its_end(
    twilio, application, barge_in, hears_it_all
):
    gather = f'<Gather input="speech" bargeIn="{barge_in}" action="/said/">'
    application.says("/voice/", f"{gather}<Say>{'word ' * 500}</Say></Gather>")  # 200 seconds of them
    application.says("/said/", STAY)
    twilio.ring(from_=CALLER, to=NUMBER, says=["Billing please"])
    (asked,) = twilio.eventually(lambda: twilio.webhooks(purpose="gather"))
    (began,) = twilio.webhooks(purpose="voice")
    spent = datetime.fromisoformat(asked["at"]) - datetime.fromisoformat(began["at"])
    assert asked["params"]["SpeechResult"] == "Billing please"
    assert (spent.total_seconds() >= 200) is hears_it_all
