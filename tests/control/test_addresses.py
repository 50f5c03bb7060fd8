"""Whatever address somebody types into a wish: nobody goes there, and Twilio is not sent there."""

import sys
import xml.etree.ElementTree as ElementTree

import pytest
from django.conf import settings
from django.utils.html import escape

from calls.models import Action, Destination
from tests.conftest import group
from tests.control.conftest import ALL_VERBS, may_all
from tests.control.test_documents import Dana

FORMS = [
    "http://evil.example/", "https://evil.example/x.mp3", "HTTPS://EVIL.EXAMPLE/", "hTtP://evil.example",
    "//evil.example/", "///evil.example/", "\\\\evil.example\\x", "https:evil.example", "https:/evil.example/",
    "https:\\\\evil.example/", "https://evil.example:443/", "https://evil.example:0/",
    "https://ben:pass@evil.example/", "https://127.0.0.1@evil.example/", "https://evil.example#@127.0.0.1/",
    "https://evil.example/?u=https://127.0.0.1/", "https://evil.example/%0d%0aHost:x",
    "https://evil.example/\r\nX-Header: 1", " https://evil.example/", "https://evil.example/ ",
    "\thttps://evil.example/", "\x01https://evil.example/", "https://evil.example\x00.example/",
    "https://еvil.example/", "https://evil。example/", "https://xn--evil-9za.example/", "ｈｔｔｐｓ://evil.example/",
    "https://[::1]/", "https://[::ffff:127.0.0.1]/", "http://127.0.0.1/", "http://127.1/", "http://2130706433/",
    "http://0x7f000001/", "http://0177.0.0.1/", "http://0/", "http://0.0.0.0:8000/", "http://localhost/",
    "http://localhost.evil.example/", "http://169.254.169.254/latest/meta-data/", "http://metadata.google.internal/",
    "http://10.0.0.1/", "http://192.168.1.1/admin", "ftp://evil.example/x", "file:///etc/passwd",
    "gopher://evil.example:70/_x", "dict://evil.example:11211/stat", "ldap://evil.example/x",
    "jar:https://evil.example!/x", "data:text/xml,<Response><Hangup/></Response>", "javascript:alert(1)",
    "ws://evil.example/", "wss://evil.example/stream", "sip:evil@evil.example", "tel:+19005550123",
    "mailto:evil@evil.example", "../../twilio/voice/", "/admin/", "?next=https://evil.example/",
    "</Say><Redirect>https://evil.example/</Redirect><Say>", "<Play>https://evil.example/x.mp3</Play>",
    "&#104;ttps://evil.example/", "https://api.twilio.com.evil.example/2010-04-01/", "{{ https://evil.example/ }}",
    "https://evil.example/" + "x" * 900,
]  # fmt: skip
FIELDS = [
    ("announce", "text", {}), ("announce", "language", {"text": "Hello."}), ("announce", "voice", {"text": "Hello."}),
    ("announce", "announcement", {}), ("announce", "target", {"text": "Hello."}), ("transfer", "to", {}),
    ("transfer", "destination", {}), ("transfer", "leg", {"destination": "agent"}),
    ("transfer", "mode", {"destination": "agent"}), ("redirect", "destination", {}),
    ("redirect", "leg", {"destination": "line"}), ("end", "target", {}),
]  # fmt: skip
connected: list[tuple] = []


def listen(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        connected.append((event, arguments[1] if event == "socket.connect" else arguments[:2]))


sys.addaudithook(listen)


@pytest.fixture
def dana(ben, billing, twilio, dana_call, rest):
    may_all(ben, billing)
    return Dana(twilio, dana_call, rest)


@pytest.fixture
def known(places):
    """What a wish may name."""
    return {"agent": f"agent-{places.bo.pk}", "line": str(places.sales.pk)}


def test_there_are_sixty_of_them():
    assert len(set(FORMS)) == len(FORMS) >= 60


def addresses(document):
    """Where Twilio would go: every attribute, and what is played, called or gone on to."""
    for element in ElementTree.fromstring(document).iter():
        yield from element.attrib.values()
        if element.tag not in ("Response", "Say"):
            yield (element.text or "").strip()


@pytest.mark.parametrize(("verb", "field", "given"), FIELDS, ids=lambda one: one if isinstance(one, str) else "")
def test_nobody_goes_where_the_wish_says(wish, ben, dana, known, verb, field, given):
    given = {name: known.get(value, value) for name, value in given.items()}
    answers, strange = set(), []
    for form in FORMS:
        connected.clear()
        dana.rest.asked.clear()
        answer = wish(ben, dana.call, verb, **given | {field: form})
        answers.add(answer.status_code)
        strange += [(form, went) for _, went in connected if went[:2] != ("127.0.0.1", port())]
        for _, asked in dana.rest.asked:
            assert asked["Url"].startswith(f"{settings.PUBLIC_URL}/twilio/twiml/") and form not in asked.values()
            said = dana.asks(asked["Url"])
            strange += [(form, told) for told in addresses(dana.answer.content) if not ours(told)]
            assert said[0][0] == "Say"
        connected.clear()
        Action.objects.all().delete()
    assert strange == []
    assert answers <= ({202, 422} if field == "text" else {403, 404, 409, 422})


def port():
    return int(settings.TWILIO_API_URL.rpartition(":")[2])


def ours(told):
    return told in ("", "en-US") or told.startswith(f"{settings.PUBLIC_URL}/twilio/twiml/")


def test_the_ear_hears_what_is_opened(wish, ben, dana):
    """A wish that is sent goes to Twilio, which is heard: silence above means something."""
    connected.clear()
    assert wish(ben, dana.call, "announce", text="Hello.").status_code == 202
    assert ("socket.connect", ("127.0.0.1", port())) in connected


@pytest.mark.parametrize("form", ["https://evil.example/flow", "http://127.0.0.1:9/flow", "https://[::1]/flow"])
def test_a_document_of_the_directory_is_fetched_by_twilio_and_never_by_us(wish, ben, dana, client, form):
    place = Destination(name="Survey", kind="flow", url=form)
    place.full_clean()
    place.save()
    connected.clear()
    assert client.get(f"/calls/{dana.call.pk}/redirect/plan/", {"destination": place.pk}).status_code in (200, 302)
    wish(ben, dana.call, "redirect", destination=str(place.pk))
    dana.asks(dana.sent_to)
    assert {went[:2] for _, went in connected} <= {("127.0.0.1", port())}


def test_only_who_may_type_twiml_can_say_where_twilio_goes(wish, ben, dana):
    """Who may type it, may; whoever else may redirect calls gets no further with any of these."""
    for form in FORMS:
        assert wish(ben, dana.call, "redirect", twiml=form).status_code == 422, form
    group("All verbs", "view_call", *[right for right in ALL_VERBS if right != "raw_twiml"])
    for form in FORMS:
        markup = f"<Response><Play>{escape(form)}</Play><Redirect>{escape(form)}</Redirect></Response>"
        assert wish(ben, dana.call, "redirect", twiml=markup).status_code in (403, 422), form
    assert dana.rest.asked == []
