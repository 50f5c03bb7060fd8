"""Named views of the live list: kept for who made them, shown to a team if they share them."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from calls.desk.refusals import refuse
from calls.desk.views import SignedIn
from calls.models import Rights, SavedView, name_of, rights_of

KNOWN = {"view", "states", "find", "team", "sort", "down", "group"}
MOST = 40  # a person


class Unfit(Exception):
    """What was typed cannot be kept; says why in a sentence."""

    def __init__(self, why: str, *, status: int = 422) -> None:
        super().__init__(why)
        self.status = status


@require_http_methods(["GET", "HEAD", "POST"])
def views(request: SignedIn) -> HttpResponse:
    """All that one sees; posted (`name`, `query`, `team`): one more, or anew what one has by that name."""
    rights = rights_of(request.user)
    if request.method != "POST":
        return told(rights)
    try:
        fields = wished(request.POST, rights) | {"query": asked(request.POST.get("query", ""))}
        with transaction.atomic():
            mine = SavedView.objects.filter(user=request.user)
            if mine.count() >= MOST and not mine.filter(name=fields["name"]).exists():
                raise Unfit(f"You have {MOST} views already: delete one first.")
            SavedView.objects.update_or_create(user=request.user, name=fields.pop("name"), defaults=fields)
    except Unfit as error:
        return refuse(request, error.status, str(error))
    return told(rights)


@require_POST
def change(request: SignedIn, pk: int) -> HttpResponse:
    """Another `name`, or shared with another `team` (empty: with nobody)."""
    rights = rights_of(request.user)
    try:
        view = kept(rights, pk)
        fields = wished(request.POST, rights)
        if SavedView.objects.filter(user=view.user_id, name=fields["name"]).exclude(pk=view.pk).exists():
            raise Unfit("There is another view of that name.")
    except Unfit as error:
        return refuse(request, error.status, str(error))
    SavedView.objects.filter(pk=view.pk).update(**fields)
    return told(rights)


@require_POST
def delete(request: SignedIn, pk: int) -> HttpResponse:
    rights = rights_of(request.user)
    try:
        kept(rights, pk).delete()
    except Unfit as error:
        return refuse(request, error.status, str(error))
    return told(rights)


def kept(rights: Rights, pk: int) -> SavedView:
    """The getter is the check: what this person does not see is not there, and what another keeps is not theirs."""
    view = get_object_or_404(SavedView.objects.visible_to(rights), pk=pk)
    if not view.kept_by(rights):
        raise Unfit("Somebody else keeps this view. Save it under a name of your own to change it.", status=403)
    return view


def told(rights: Rights) -> HttpResponse:
    found = SavedView.objects.visible_to(rights).select_related("user", "team")
    return JsonResponse({"views": [view_told(view, rights) for view in found]})


def view_told(view: SavedView, rights: Rights) -> dict[str, Any]:
    return {
        "id": view.pk,
        "name": view.name,
        "query": view.query,
        "team": view.team_id if view.team_id in rights.watched else None,
        "by": "" if view.user_id == rights.user_id else name_of(view.user),
        "yours": view.kept_by(rights),
    }


def wished(said: QueryDict, rights: Rights) -> dict[str, Any]:
    name, team = " ".join(said.get("name", "").split()), said.get("team", "")
    if not name or len(name) > 40 or "\x00" in name:
        raise Unfit("Give the view a name of at most 40 letters.")
    if not team:
        return {"name": name, "team_id": None}
    if team not in map(str, rights.teams):
        raise Unfit("You can share a view only with a team whose calls you may watch.")
    return {"name": name, "team_id": int(team)}


def asked(query: str) -> str:
    """What the desk understands of it, and nothing else."""
    said = QueryDict(query[:1000])
    kept = QueryDict(mutable=True)
    kept.update({key: said[key] for key in said if key in KNOWN and "\x00" not in said[key]})
    if len(kept.urlencode()) > 500:
        raise Unfit("That is too much for a view: search for less.")
    return kept.urlencode()
