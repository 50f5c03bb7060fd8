"""Whatever a template says is said in the reader's language."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.template.base import Lexer, TokenType
from django.utils import translation

TEMPLATES = Path(__file__).parents[2] / "templates"
FILES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
READ_ALOUD = re.compile(r'\b(?:aria-label|placeholder|title|alt)="([^"]*)"')
# Names, keys of the keyboard, units, and a document of Twilio's.
SAME_EVERYWHERE = {"Livedesk", "Esc", "R", "UTC", "ms", "s", "Response"}


@pytest.mark.parametrize("name", FILES)
def test_no_word_stands_there_in_english_alone(name):
    assert set(words_in((TEMPLATES / name).read_text())) <= SAME_EVERYWHERE


def words_in(source: str) -> list[str]:
    shown, quoted = "", False
    for token in Lexer(source).tokenize():
        if token.token_type is TokenType.BLOCK and token.contents.startswith(("blocktranslate", "endblocktranslate")):
            quoted = not token.contents.startswith("end")
        shown += token.contents if token.token_type is TokenType.TEXT and not quoted else "\n"
    read_aloud = " ".join(READ_ALOUD.findall(shown))
    shown = re.sub(r"<[^>]*>", " ", shown)
    shown = re.sub(r'[\w-]+="[^"]*("|$)', " ", shown)  # of a tag that stands in another file
    return re.findall(r"[^\W\d_]+", unescape(f"{read_aloud} {shown}"))


@pytest.mark.parametrize(
    "source",
    ["<p>Live</p>", '<a title="Live"></a>', '<a href="{% url "desk" %}">Live {{ calls }}</a>', "{{ n }} Live<br>"],
)
def test_a_word_is_found_wherever_it_is(source):
    assert words_in(source) == ["Live"]


@pytest.mark.parametrize("path", ["/", "/admin/"])
@pytest.mark.parametrize(("language", "needs_words"), [("en", False), ("es", True)])
def test_scripts_get_the_words_of_another_language(client, alice, path, language, needs_words):
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    client.force_login(alice)
    with translation.override("en"):  # a request leaves its own behind
        page = client.get(path, headers={"Accept-Language": language}).content.decode()
    assert ('<script src="/words/"></script>' in page) is needs_words
    assert f'<html lang="{language}"' in page


def test_what_is_told_once_is_told_in_another_language_too(client, alice):
    client.force_login(alice)
    with translation.override("en"):
        page = client.post("/me/", {"theme": "dark", "keys": "{}", "language": "es"}, follow=True)
    assert page.status_code == 200 and '<p class="toast said' in page.content.decode()
