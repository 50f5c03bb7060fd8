"""Notes and tags: who may write them, that no word is lost, and who reads them."""

import gzip
import json
from uuid import uuid4

import pytest
from django.test import Client

from calls.models import Audit, Call, Membership, Note, Position, Tag
from tests.conftest import group, person


@pytest.fixture
def ben(ben):
    """Supervises Billing: he may end its calls."""
    group("Supervisor", "view_call", "end_call")
    return ben


@pytest.fixture
def wes(billing):
    """Watches Billing, and no more."""
    wes = person("wes", "Wes", "Lindqvist")
    Membership.objects.create(user=wes, team=billing, group=group("Watcher", "view_call"))
    return wes


def at_desk(who, accept="application/json"):
    client = Client(headers={"accept": accept})
    client.force_login(who)
    return client


def notes_of(who, call):
    return [(note["who"], note["text"]) for note in at_desk(who).get(f"/calls/{call.pk}/").json()["notes"]]


def test_a_note_of_ben_is_read_by_whoever_has_the_call_open(ben, wes, dana_call):
    before = Position.objects.get(call=dana_call)
    answer = at_desk(ben).post(f"/calls/{dana_call.pk}/notes/", {"text": " Wants\r\nher money back ", "key": uuid4()})
    assert [(note["who"], note["text"]) for note in answer.json()["notes"]] == [("Ben Okafor", "Wants\nher money back")]
    assert notes_of(wes, dana_call) == [("Ben Okafor", "Wants\nher money back")]
    after = Position.objects.get(call=dana_call)
    assert after.revision > before.revision, "the open desks hear of it"
    assert after.shape == before.shape, "and no plan is out of date by it"
    entry = Audit.objects.get(what="note.added")
    assert (entry.user_id, entry.call_id) == (ben.pk, dana_call.pk)
    assert "money" not in str(entry.facts), "the words themselves are not in the chain"


def test_who_presses_again_after_a_lost_answer_has_written_once(ben, dana_call):
    same = {"text": "Wants her money back", "key": uuid4()}
    for _ in range(2):
        assert at_desk(ben).post(f"/calls/{dana_call.pk}/notes/", same).status_code == 200
    assert Note.objects.count() == 1
    assert Audit.objects.filter(what="note.added").count() == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [("  ", "Write something first."), ("x" * 2001, "at most 2000 characters, and this one 2001"), ("a\0b", "Null")],
    ids=["nothing", "too long", "not plain text"],
)
def test_what_cannot_be_kept_is_told_why_and_comes_back_to_a_plain_form(ben, dana_call, text, why):
    answer = at_desk(ben).post(f"/calls/{dana_call.pk}/notes/", {"text": text})
    assert answer.status_code == 422 and why in answer.json()["message"]
    page = at_desk(ben, "text/html").post(f"/calls/{dana_call.pk}/notes/", {"text": text})
    assert page.status_code == 422 and why in page.content.decode()
    assert text.strip() in page.content.decode()
    assert not Note.objects.exists()


def test_two_thousand_characters_in_lines_are_not_too_many(ben, dana_call):
    text = "\r\n".join(["x" * 9] * 200) + "x"  # as a form sends them: 2398 characters
    assert at_desk(ben).post(f"/calls/{dana_call.pk}/notes/", {"text": text}).status_code == 200


def test_who_only_watches_reads_and_writes_nothing(ben, wes, dana_call):
    for door, fields in (("notes", {"text": "Hello"}), ("tags", {"word": "hello"})):
        answer = at_desk(wes).post(f"/calls/{dana_call.pk}/{door}/", fields)
        assert (answer.status_code, answer.json()["message"][:18]) == (403, "You may watch here")
    assert at_desk(wes).get(f"/calls/{dana_call.pk}/").json()["may_note"] is False
    assert "<textarea" not in at_desk(wes, "text/html").get(f"/calls/{dana_call.pk}/").content.decode()


def test_a_number_in_a_note_is_masked_where_numbers_are(ben, alice, billing, dana_call):
    at_desk(ben).post(f"/calls/{dana_call.pk}/notes/", {"text": "Call back at +14155550188"})
    assert notes_of(ben, dana_call) == [("Ben Okafor", "Call back at +1 ··· 0188")]
    billing.show_numbers = True
    billing.save()
    assert notes_of(alice, dana_call) == [("Ben Okafor", "Call back at +14155550188")]


def test_a_tag_is_on_the_board_and_suggested_for_the_next_call_of_the_team(ben, sue, dana_call, twilio):
    client = at_desk(ben)
    assert client.post(f"/calls/{dana_call.pk}/tags/", {"word": "VIP,  money   back"}).json()["tags"] == [
        "vip",
        "money back",
    ]
    assert client.post(f"/calls/{dana_call.pk}/tags/", {"word": "Vip"}).json()["tags"] == ["vip", "money back"]
    assert client.post(f"/calls/{dana_call.pk}/tags/", {"remove": "vip"}).json()["tags"] == ["money back"]
    (told,) = json.loads(gzip.decompress(client.get("/desk/board/").content))["calls"]
    assert told["tags"] == ["money back"]
    assert client.get(f"/calls/{dana_call.pk}/tags/").json() == {"suggested": ["vip"]}
    sid, _ = twilio.call_in(From="+14155550199")
    other = Call.objects.get(legs__sid=sid)
    assert client.get(f"/calls/{other.pk}/tags/").json() == {"suggested": ["money back", "vip"]}
    said = Audit.objects.filter(what__startswith="tag.").order_by("pk").values_list("what", "user_id")
    assert sorted(said) == [("tag.added", ben.pk), ("tag.added", ben.pk), ("tag.removed", ben.pk)]
    assert set(Tag.objects.values_list("team__name", flat=True)) == {"Billing"}


@pytest.mark.parametrize(
    ("word", "why"),
    [
        (" , ", "Type a word first."),
        ("x" * 41, "at most 40 characters"),
        ("call 415 555 0188", "no place for a telephone number"),
        ("a\0b", "letters that can be seen"),
        (",".join(f"w{n}" for n in range(13)), "at most 12 tags"),
    ],
    ids=["nothing", "too long", "a number", "not to be seen", "too many"],
)
def test_what_cannot_be_a_tag_is_told_why_and_comes_back(ben, dana_call, word, why):
    answer = at_desk(ben).post(f"/calls/{dana_call.pk}/tags/", {"word": word})
    assert answer.status_code == 422 and why in answer.json()["message"]
    page = at_desk(ben, "text/html").post(f"/calls/{dana_call.pk}/tags/", {"word": word})
    assert page.status_code == 422 and why in page.content.decode()
    assert Call.objects.get(pk=dana_call.pk).tags == ""


def test_without_script_ben_notes_and_tags_on_the_calls_page(ben, dana_call):
    client, page = at_desk(ben, "text/html"), f"/calls/{dana_call.pk}/"
    assert client.post(f"{page}notes/", {"text": "One\nline <b>", "key": uuid4()}).headers["Location"] == page
    assert client.post(f"{page}tags/", {"word": "angry"}).headers["Location"] == page
    shown = client.get(page).content.decode()
    assert "One<br>line &lt;b&gt;" in shown and "Take off angry" in shown and "Ben Okafor, <time" in shown
    client.post(f"{page}tags/", {"remove": "angry"})
    assert 'option value="angry"' in client.get(page).content.decode()


def test_what_was_written_on_two_calls_that_prove_to_be_one_is_all_there(ben, dana_call, twilio):
    sid, _ = twilio.call_in(From="+14155550199")
    other = Call.objects.get(legs__sid=sid)
    for call, word in ((dana_call, "angry"), (other, "vip")):
        at_desk(ben).post(f"/calls/{call.pk}/tags/", {"word": word})
        at_desk(ben).post(f"/calls/{call.pk}/notes/", {"text": f"Is {word}"})
    legs = dana_call.legs.get(role="caller")
    twilio.status(sid, "in-progress", 2, ParentCallSid=legs.sid, From="+14155550199", To="+15550100100")
    one = Call.objects.get(merged_into=None)
    assert sorted(one.tags.split(", ")) == ["angry", "vip"]
    assert sorted(text for _, text in notes_of(ben, one)) == ["Is angry", "Is vip"]
