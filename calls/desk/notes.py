"""Notes and tags: what people write on a call, by who may do something on it. By script, and by plain form.

A word that was typed is never lost: what cannot be kept comes back with the sentence that says why.
"""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from calls.desk import pages
from calls.desk.refusals import WATCHES, refuse, wants_json
from calls.desk.views import SignedIn, visible
from calls.live import frames, hint
from calls.models import (
    LONGEST_NOTE,
    LONGEST_TAG,
    MOST_TAGS,
    Agent,
    Call,
    Note,
    Tag,
    append_audit,
    publish,
    rights_of,
)


class NoteForm(forms.Form):
    text = forms.CharField(
        max_length=LONGEST_NOTE,
        error_messages={
            "required": _("Write something first."),
            "max_length": _("A note has at most %(limit_value)d characters, and this one %(show_value)d."),
        },
    )


def written(request: HttpRequest) -> tuple[str, str]:
    """(the note, why it cannot be one). Forms send a new line as two characters, and count it as one."""
    text = request.POST.get("text", "").replace("\r\n", "\n")
    form = NoteForm({"text": text})
    return (form.cleaned_data["text"], "") if form.is_valid() else (text, str(form.errors["text"][0]))


@require_POST
def note(request: SignedIn, pk: UUID) -> HttpResponse:
    call, rights = visible(request, pk), rights_of(request.user)
    if not rights.may_act(call.team_id):
        return refuse(request, 403, WATCHES)
    text, why = written(request)
    if why:
        return unkept(request, call, why, note=text)
    keep(call, text, by=request.user, key=key_of(request))
    if wants_json(request):
        return JsonResponse({"notes": pages.notes_told(call, rights)})
    messages.info(request, "Noted.")
    return redirect("call", pk)


def keep(call: Call, text: str, *, by: User | None = None, agent: Agent | None = None, key: UUID | None = None) -> None:
    """Once for a key; everybody who has the call open hears of it. The words themselves are not in the audit."""
    with transaction.atomic():
        Call.objects.select_for_update().get(pk=call.pk)  # locked first, as everywhere
        facts = {"text": text, "by": by, "agent": agent, "at": timezone.now()}
        if key is None:
            made, new = Note.objects.create(call=call, **facts), True
        else:
            made, new = Note.objects.get_or_create(call=call, key=key, defaults=facts)
        if new:
            who = by.pk if by else agent.user_id if agent else None
            entry = {"what": "note.added", "user_id": who, "call_id": call.pk, "facts": {"note": made.pk}}
            append_audit([entry], at=made.at)
            hint.publish_on_commit(publish([call.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def tags(request: SignedIn, pk: UUID) -> HttpResponse:
    """GET: words to choose from. POST `word`: put on, several with commas between; `remove`: taken off."""
    call, rights = visible(request, pk), rights_of(request.user)
    if request.method != "POST":
        return JsonResponse({"suggested": pages.suggested(call)})
    if not rights.may_act(call.team_id):
        return refuse(request, 403, WATCHES)
    typed, off = request.POST.get("word", ""), request.POST.get("remove", "")
    words, why = ([], "") if off else tags_in(typed)
    after, why = ([], why) if why else change(call, words, off, request.user)
    if why:
        return unkept(request, call, why, word=typed)
    return JsonResponse({"tags": after}) if wants_json(request) else redirect("call", pk)


def tags_in(typed: str) -> tuple[list[str], str]:
    """(the words, why they cannot be tags). Small letters: “VIP” and “vip” are one."""
    words = [" ".join(each.split()).lower() for each in typed.split(",")]
    words = list(dict.fromkeys(word for word in words if word))
    if not words:
        return [], "Type a word first."
    if any(len(word) > LONGEST_TAG for word in words):
        return [], f"A tag has at most {LONGEST_TAG} characters. What is longer is a note."
    if any(not word.isprintable() for word in words):
        return [], "A tag is made of letters that can be seen."
    if any(frames.mask(word) != word for word in words):
        return [], "A tag is no place for a telephone number: not everybody who sees tags may see numbers."
    return words, ""


def change(call: Call, words: list[str], off: str, by: User) -> tuple[list[str], str]:
    """(the tags of the call after it, why nothing was changed)."""
    now = timezone.now()
    with transaction.atomic():
        call = Call.objects.select_for_update().get(pk=call.pk)
        before = frames.tags_of(call.tags)
        after = [word for word in before if word != off] + [word for word in words if word not in before]
        if len(after) > MOST_TAGS:
            return before, f"A call has at most {MOST_TAGS} tags. Take one off first."
        if after == before:
            return after, ""
        entries = []
        for word in set(before) ^ set(after):
            known, _ = Tag.objects.update_or_create(team=call.team, word=word, defaults={"used_at": now})
            what = "tag.added" if word in after else "tag.removed"
            entries.append({"what": what, "user_id": by.pk, "call_id": call.pk, "facts": {"tag": known.pk}})
        Call.objects.filter(pk=call.pk).update(tags=", ".join(after))
        append_audit(entries, at=now)
        hint.publish_on_commit(publish([call.pk]))
    return after, ""


def key_of(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.headers.get("Idempotency-Key") or request.POST.get("key", ""))
    except ValueError:
        return None


def unkept(request: SignedIn, call: Call, why: str, **typed: str) -> HttpResponse:
    """With what was typed, to be made right."""
    if wants_json(request):
        return refuse(request, 422, why)
    return pages.paper(request, call.pk, status=422, why=why, **typed)
