"""What was recorded in English, as another reader has it: one vector each with tests/js/say.test.mjs."""

import json
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils.translation import override

from calls.desk import said as module
from calls.desk.said import LONGEST, SAID, Words, anew, said, words_of

VECTORS = json.loads((Path(__file__).parents[1] / "js" / "said.json").read_text())


@pytest.fixture
def spanish(monkeypatch):
    """With a catalogue that is made up."""
    catalog = VECTORS["others"] | {SAID + key: words for key, words in VECTORS["said"].items()}
    monkeypatch.setattr(Words, "of", lambda language: catalog)
    forget()
    with override("es"):
        yield
    forget()


def forget():
    anew.cache_clear()
    words_of.cache_clear()


@pytest.mark.parametrize(("english", "words"), [pytest.param(*pair, id=why) for why, *pair in VECTORS["cases"]])
def test_a_sentence_is_found_by_its_form(spanish, english, words):
    assert said(english) == words


@pytest.mark.parametrize("part", ["Transfer a to ", "the caller and ", "x, then ", "x. ", "“", ".", " is hung up"])
def test_a_hostile_text_is_read_once_from_its_beginning(spanish, part):
    assert isinstance(said((part * LONGEST)[: LONGEST - 1]), str)
    assert said(part * LONGEST) == part * LONGEST


def test_in_english_nothing_is_looked_for(spanish, monkeypatch):
    monkeypatch.setattr(module, "anew", None)
    with override("en"):
        assert said("The call has ended already.") == "The call has ended already."


def test_a_page_reads_it(spanish):
    page = Template("{% load said %}{{ sentence|said }}")
    assert page.render(Context({"sentence": "Transfer <b> to the caller?"})) == "¿Transferir a &lt;b&gt; a quien llama?"


def test_the_script_of_words_is_kept_until_they_change(client):
    page, english = (client.get("/words/", HTTP_ACCEPT_LANGUAGE=language) for language in ("es", "en"))
    assert "Accept-Language" in page["Vary"] and "Cookie" in page["Vary"]
    assert page["ETag"] != english["ETag"]
    again = client.get("/words/", HTTP_ACCEPT_LANGUAGE="es", HTTP_IF_NONE_MATCH=page["ETag"])
    assert again.status_code == 304
