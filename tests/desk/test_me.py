"""One's own page: how the desk looks, times, and keys."""

import json
import re

import pytest
from django.test import Client

from calls.models import Preferences

pytestmark = pytest.mark.django_db


def test_ben_likes_it_dark_with_more_contrast_and_finds_it_so_on_every_page(client, ben):
    client.force_login(ben)
    chosen = {"theme": "dark", "contrast": "more", "motion": "less", "time_zone": "Europe/Stockholm"}
    response = client.post("/me/", chosen, follow=True)
    assert "Kept. It is so wherever you sign in." in response.content.decode()
    for address in ("/", "/queues/", "/me/", "/nowhere/"):
        page = client.get(address).content.decode()
        assert '<html lang="en" data-theme="dark" data-zone="Europe/Stockholm">' in page
        assert re.search(r'contrast\.[\w.]*css" media="all"', page) and re.search(
            r'still\.[\w.]*css" media="all"', page
        )


def test_who_chose_nothing_has_it_as_their_computer_is_set(client, ben):
    assert "(prefers-contrast: more)" in client.get("/sign-in/").content.decode()
    client.force_login(ben)
    page = client.get("/").content.decode()
    assert '<html lang="en">' in page and 'media="(prefers-contrast: more)"' in page
    assert 'media="(prefers-reduced-motion: reduce)"' in page
    assert 'data-keys="{}" data-keys-off="no"' in page


def test_the_desk_gets_bens_own_keys_and_nobody_elses(client, ben, wes):
    client.force_login(ben)
    client.post("/me/", {"keys": json.dumps({"end": "q", "find": "", "queues": "g l"}), "keys_off": "on"})
    page = client.get("/").content.decode()
    assert 'data-keys-off="yes"' in page and "&quot;queues&quot;: &quot;g l&quot;" in page
    client.force_login(wes)
    assert 'data-keys="{}" data-keys-off="no"' in client.get("/").content.decode()


def test_a_form_without_the_script_keeps_the_keys_that_were_chosen(client, ben):
    Preferences.objects.create(user=ben, keys={"end": "q"})
    client.force_login(ben)
    client.post("/me/", {"theme": "light"})
    assert Preferences.objects.get(user=ben).keys == {"end": "q"}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"theme": "pink"}, "Select a valid choice"),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice"),
        ({"keys": "no json"}, "Enter a valid JSON"),
        ({"keys": '["t"]'}, "These are no keys."),
        ({"keys": '{"end": "ende"}'}, "A key is one character, or two with a space between them."),
        ({"keys": '{"<b>": "t"}'}, "A key is one character"),
        ({"keys": '{"end": ["t"]}'}, "A key is one character"),
        ({"keys": '{"end": "t", "hold": "t"}'}, "One key is chosen for two things."),
        ({"keys": json.dumps({f"deed_{n}": "" for n in range(70)})}, "These are no keys."),
    ],
)
def test_what_is_no_preference_is_refused_in_words_and_nothing_is_kept(client, ben, said, why):
    client.force_login(ben)
    response = client.post("/me/", said)
    assert response.status_code == 422
    assert why in response.content.decode()
    assert not Preferences.objects.exists()


def test_who_has_said_no_to_the_tour_is_not_asked_again_and_keeps_what_they_like(client, ben, settings):
    client.force_login(ben)
    settings.TWILIO_API_URL = "https://api.twilio.com"
    assert 'data-offered="no"' in client.get("/").content.decode(), "it is for the demo"
    settings.TWILIO_API_URL = "http://127.0.0.1:9110"
    assert 'data-offered="yes"' in client.get("/").content.decode()
    client.post("/me/", {"theme": "dark"})
    assert client.post("/me/tour/").headers["Location"] == "/"
    assert 'data-offered="no"' in client.get("/").content.decode()
    assert Preferences.objects.get(user=ben).theme == "dark"


def test_where_no_number_leads_yet_the_empty_list_says_what_to_do(client, ben, rows):
    client.force_login(ben)
    assert "No number leads here yet." in client.get("/").content.decode()


def test_ben_reads_spanish_on_every_computer_that_he_signs_in_from(client, ben):
    client.force_login(ben)
    page = client.post("/me/", {"language": "es"}, follow=True).content.decode()
    assert '<html lang="es"' in page and "Kept." not in page
    ben.set_password("correct horse")
    ben.save()
    there = Client()
    there.post("/sign-in/", {"username": "ben", "password": "correct horse"})
    assert '<html lang="es"' in there.get("/").content.decode()
    there.post("/me/", {"language": ""})
    assert '<html lang="en"' in there.get("/").content.decode()


def test_who_chose_no_language_has_that_of_their_browser(client, ben):
    spanish = {"HTTP_ACCEPT_LANGUAGE": "es-MX,es;q=0.9,en;q=0.5"}
    assert '<html lang="es"' in client.get("/sign-in/", **spanish).content.decode()
    client.force_login(ben)
    assert '<html lang="es"' in client.get("/", **spanish).content.decode()
    assert '<html lang="en"' in client.get("/", HTTP_ACCEPT_LANGUAGE="sv").content.decode()


def test_the_words_are_sent_once_and_then_only_compared(client):
    first = client.get("/words/", HTTP_ACCEPT_LANGUAGE="es")
    assert first.status_code == 200 and first["Content-Type"].startswith("text/javascript")
    assert "no-cache" in first["Cache-Control"] and "Accept-Language" in first["Vary"]
    again = client.get("/words/", HTTP_ACCEPT_LANGUAGE="es", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/words/", HTTP_ACCEPT_LANGUAGE="en", HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 200
