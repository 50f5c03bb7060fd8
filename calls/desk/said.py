"""The words of another language than English: for scripts, and for sentences that were recorded once, in English."""

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation.trans_real import DjangoTranslation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition
from django.views.i18n import JavaScriptCatalog

A_YEAR = 365 * 24 * 60 * 60  # seconds
SAID = "said\x04"  # of the catalogue's words for it: what a script says means something else by the same ones
LONGEST = 500  # characters; what is longer was not written by the program
DEEPEST = 5  # a sentence in a sentence
SENTENCES = re.compile(r"(?<=[.!?]) (?=\S)")
CLAUSES = re.compile(r"[.!?,;:] (?=\S)")
ENDS = (".", "?", "!")
PLACES = re.compile(r"\{(\d)\}")
QUOTATION = re.compile(r"“[^”]*”")


class Words(JavaScriptCatalog):
    """Those of `djangojs.po`: what the scripts say, and the program's own sentences."""

    packages = ["calls"]

    @classmethod
    def of(cls, language: str) -> dict[str, str | list[str]]:
        words = cls()
        words.translation = DjangoTranslation(language, domain=cls.domain, localedirs=words.get_paths(cls.packages))
        found: dict[str, str | list[str]] = words.get_catalog()
        return found

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        # The admin's jQuery puts a `django` of its own in the place of this one.
        response.write("globalThis.words = globalThis.django;\n")
        return response


class Form(NamedTuple):
    """“{0} has answered” finds “Owen Clarke has answered”. `own`: its words before, between and behind `places`."""

    own: list[str]
    places: list[int]
    words: str

    @property
    def ends(self) -> bool:
        """With a full stop, or with what has its own."""
        return self.own[-1].endswith(ENDS) or (not self.own[-1] and self.own[-2].endswith(". "))


def remember(response: HttpResponse, language: str) -> None:
    """For this browser: the middleware asks no database. Without one it is as the browser wants it."""
    if not language:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=A_YEAR,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@login_not_required  # who signs in reads as well
@cache_control(private=True, no_cache=True)
@condition(etag_func=lambda request: mark_of(get_language() or "en"))
def words(request: HttpRequest) -> HttpResponseBase:
    """The catalogue as a script, in the language of who asks; asked for again it is only compared."""
    response = Words.as_view()(request)
    patch_vary_headers(response, ("Cookie", "Accept-Language"))
    return response


# What was recorded in English ---------------------------------------------------------------------------------------


def said(sentence: object) -> str:
    """A sentence of the program's (a plan, a refusal, how a wish came out) as this reader says it; what there are no
    words for stands as it is. As `static/desk/say.js`."""
    words, language = str(sentence), get_language() or "en"  # a message of Django's is one when it is shown
    return words if language == "en" or not words or len(words) > LONGEST else anew(words, language)


@lru_cache(2000)
def anew(sentence: str, language: str, depth: int = 0) -> str:
    if depth > DEEPEST:
        return sentence
    if (found := as_one(sentence, language, depth)) is not None:
        return found
    several = sentences_in(sentence)
    if (found := as_several(several, language, depth)) is not None:
        return found
    found = by_form(sentence, language, depth, whole=False)
    return found or as_several(several, language, depth, partly=True) or sentence


def as_one(sentence: str, language: str, depth: int) -> str | None:
    if sentence.startswith("“") and sentence.endswith("”"):
        return sentence  # what somebody typed
    found = words_of(language).exactly(sentence, depth)
    return by_form(sentence, language, depth, whole=True) if found is None else found


def as_several(sentences: list[str], language: str, depth: int, *, partly: bool = False) -> str | None:
    """One after the other; up to three are known together. None if one of them is not, unless `partly`."""
    said, at = [], 0
    while at < len(sentences) > 1:
        for many in range(min(3, len(sentences) - 1), 0, -1):
            found = as_one(" ".join(sentences[at : at + many]), language, depth)
            if found is not None:
                break
        if found is None and not partly:
            return None
        said.append(sentences[at] if found is None else found)
        at += many
    return " ".join(said) or None


def by_form(sentence: str, language: str, depth: int, *, whole: bool) -> str | None:
    """The form whose values hold the fewest beginnings of other clauses; of several, the one with the most words of its
    own. `whole`: no value holds several sentences, as each of them may have a form of its own."""
    there = words_of(language)
    fits = [(form, *fit) for form in there.forms if (fit := there.fit(sentence, form)) is not None]
    if whole:
        fits = [fit for fit in fits if all(value in there.said or len(sentences_in(value)) < 2 for value in fit[1])]
    if not fits:
        return None
    form, found, stop = min(fits, key=lambda fit: sum(map(there.clauses, fit[1])))
    values = {}
    for at, (place, value) in enumerate(zip(form.places, found, strict=True)):
        read = there.within(value, begins=form.words.startswith(f"{{{place}}}"))
        values[place] = value if quoted(form.own, at) else anew(read, language, depth + 1)
    words = PLACES.sub(partial(value_at, values), form.words)
    return stopped(words, sentence) if stop else words


def value_at(values: Mapping[int, str], place: re.Match[str]) -> str:
    return values.get(int(place[1]), "")


def values_in(sentence: str, own: Sequence[str]) -> list[str] | None:
    """What stands in the places: each holds something, and as little as it can, the last one the rest. It never looks
    back: no text makes it slow."""
    first, *between, last = own
    at, end, found = len(first), len(sentence) - len(last), []
    if not (sentence.startswith(first) and sentence.endswith(last)):
        return None
    for words in between:
        behind = sentence.find(words, at + 1, max(end, 0))
        if behind < 0:
            return None
        found.append(sentence[at:behind])
        at = behind + len(words)
    return [*found, sentence[at:end]] if at < end else None


def quoted(own: Sequence[str], at: int) -> bool:
    """What somebody typed, or what something is called."""
    return own[at].endswith("“") and own[at + 1].startswith("”")


def sentences_in(text: str) -> list[str]:
    """Not those that somebody typed."""
    found: list[str] = []
    for piece in SENTENCES.split(text):
        if found and found[-1].count("“") > found[-1].count("”"):
            found[-1] += f" {piece}"
        else:
            found.append(piece)
    return found


def stopped(clause: str, sentence: str) -> str:
    return f"{upper(clause) if sentence[0].isupper() else clause}."


def lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def upper(words: str) -> str:
    return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Language:
    """`said`: what is found as it stands; `others`: of scripts; `forms`: the one with the most words of its own first;
    `mark`: a number for this state of it all."""

    said: Mapping[str, str]
    others: Mapping[str, str]
    forms: Sequence[Form]
    mark: int

    def exactly(self, sentence: str, depth: int) -> str | None:
        """As it stands; or as it would stand within a sentence. Within another one a single word is more likely a name,
        and what only a script says is one."""
        found = self.said.get(sentence)
        if found is None and not depth:
            found = self.others.get(sentence)
        if found is None and (not depth or " " in sentence):
            inside = self.said.get(lower(sentence))
            found = None if inside is None else upper(inside)
        if found is None and sentence.endswith("."):
            clause = self.said.get(lower(sentence[:-1]))
            found = None if clause is None else stopped(clause, sentence)
        return found

    def fit(self, sentence: str, form: Form) -> tuple[list[str], bool] | None:
        """The values; and whether the full stop behind it is the sentence's alone: what is a clause elsewhere is a
        sentence here."""
        found = values_in(sentence, form.own)
        if sentence.endswith(".") and not form.ends and (found is None or found[-1] not in self.said):
            found = values_in(sentence[:-1], form.own)
            return None if found is None else (found, True)
        return None if found is None else (found, False)

    def clauses(self, value: str) -> int:
        return 0 if value in self.said else len(CLAUSES.findall(QUOTATION.sub("", value)))

    def within(self, value: str, *, begins: bool) -> str:
        """“The caller” that began the English sentence, where it does not begin the other one."""
        known = " " in value and value not in self.said and lower(value) in self.said
        return lower(value) if known and not begins else value


@lru_cache
def words_of(language: str) -> Language:
    catalog = {} if language == "en" else Words.of(language)
    plain = {key: value for key, value in catalog.items() if isinstance(value, str)}
    said = {key.removeprefix(SAID): value for key, value in plain.items() if key.startswith(SAID)}
    forms = [form_of(key, value) for key, value in said.items() if "{0}" in key]
    forms.sort(key=lambda form: -sum(map(len, form.own)))
    mark = zlib.crc32(json.dumps(catalog, sort_keys=True).encode())
    return Language(said, {key: value for key, value in plain.items() if "\x04" not in key}, forms, mark)


def mark_of(language: str) -> str:
    return f'"{words_of(language).mark}"'


def form_of(key: str, words: str) -> Form:
    own = PLACES.split(key)
    return Form(own[::2], [int(place) for place in own[1::2]], words)
