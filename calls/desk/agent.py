"""An agent's own page: what they are, who is on the line, notes, and a call for help, which supervisors see."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_GET, require_POST

from calls.desk import words
from calls.desk.notes import keep, written
from calls.desk.views import SignedIn
from calls.floor.agents import CHOICES
from calls.live import frames
from calls.models import Agent, HelpRequest, Leg, Note, Rights, in_teams, rights_of

NO_AGENT = "This account is no agent’s. Whoever keeps the floor can make it one, in the admin."
SOME = 10
# What they have chosen to be when the call is over, within a sentence.
AFTER = {"available": _("available"), "away": _("away"), "offline": _("offline")}


@require_GET
def page(request: SignedIn) -> HttpResponse:
    return shown(request)


def shown(request: SignedIn, *, status: int = 200, why: str = "", note: str = "") -> HttpResponse:
    """`why`: the `note` that was typed could not be kept, and comes back to be made right."""
    agent, rights = agent_of(request), rights_of(request.user)
    leg = leg_of(agent)
    notes = Note.objects.filter(agent=agent, call=leg.call_id) if leg else ()
    return render(
        request,
        "desk/agent.html",
        {
            "rights": rights,
            "agent": agent,
            "after": gettext(AFTER.get(agent.chosen, agent.chosen)),
            "states": [(state.value, state.label) for state in CHOICES],
            "wants": agent.chosen if agent.state == Agent.State.BUSY and agent.chosen else agent.state,
            "told": words.visible(told(agent, leg, rights)),
            "notes": words.visible(list(notes.values("text", "at"))[-SOME:]) if notes else [],
            "typed": {"why": why, "note": note},
        },
        status=status,
    )


@require_GET
def now(request: SignedIn) -> HttpResponse:
    """The same as JSON, for a page that is open."""
    agent = agent_of(request)
    return JsonResponse(told(agent, leg_of(agent), rights_of(request.user)))


def told(agent: Agent, leg: Leg | None, rights: Rights) -> dict[str, Any]:
    help_wanted = HelpRequest.objects.filter(agent=agent, done_at=None).first()
    return {
        "state": agent.state,
        "since": frames.moment(agent.state_since),
        "until": frames.moment(agent.wrap_up_until),
        "call": call_told(leg, rights) if leg else None,
        "help": help_wanted.reason if help_wanted else "",
        "now": frames.moment(timezone.now()),
    }


def call_told(leg: Leg, rights: Rights) -> dict[str, Any]:
    call = leg.call
    number = call.to_number if call.direction.startswith("outbound") else call.from_number
    return {
        "id": str(call.pk),
        "who": number if (call.team_id, True) in rights.audience else frames.mask(number),
        "queue": call.queue,
        "line": call.line.name if call.line else "",
        "live": leg.ended_at is None,
        "since": frames.moment(leg.answered_at or leg.started_at),
        "page": f"/calls/{call.pk}/" if call.team_id in rights.watched else "",
    }


def leg_of(agent: Agent) -> Leg | None:
    """The one they are on; while they wrap up, and until the next one, the last that they were on."""
    legs = agent.legs.filter(unverified=False).select_related("call__line")
    live = legs.filter(ended_at=None).order_by("-started_at").first()
    return live or legs.exclude(ended_at=None).exclude(answered_at=None).order_by("-ended_at").first()


def agent_of(request: HttpRequest) -> Agent:
    agent = Agent.objects.filter(user=request.user.pk).first()
    if agent is None:
        raise PermissionDenied(NO_AGENT)
    return agent


# What they do -------------------------------------------------------------------------------------------------------


@require_POST
def choose(request: SignedIn) -> HttpResponse:
    """Available, away or offline; during a call it counts after it."""
    agent, wanted = agent_of(request), request.POST.get("state", "")
    if wanted not in CHOICES:
        return said(request, "Choose available, away or offline.", bad=True)
    agent.change(wanted, timezone.now())
    return said(request)


@require_POST
def note(request: SignedIn) -> HttpResponse:
    agent, pk = agent_of(request), uuid_of(request)
    text, why = written(request)
    leg = Leg.objects.filter(agent=agent, call_id=pk).select_related("call").first() if pk else None
    if leg is None or why:
        return shown(request, status=422, why=why or "Write something, on a call of yours.", note=text)
    keep(leg.call, text, agent=agent)
    return said(request, "Noted.")


@require_POST
def ask_for_help(request: SignedIn) -> HttpResponse:
    """One open request an agent: asked again, the reason is the new one. With `back` it is taken back."""
    agent, reason = agent_of(request), request.POST.get("reason", "").strip()[:200]
    now, leg, back = timezone.now(), leg_of(agent), "back" in request.POST
    if not (reason or back):
        return said(request, "Say in a few words what it is about.", bad=True)
    HelpRequest.objects.filter(agent=agent, done_at=None).update(done_at=now)
    if back:
        return said(request, "Nobody is asked for help any more.")
    call = leg.call if leg is not None and leg.ended_at is None else None
    HelpRequest.objects.create(agent=agent, call=call, reason=reason, at=now)
    return said(request, "Your supervisors see that you want help.")


def uuid_of(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("call", ""))
    except ValueError:
        return None


def said(request: HttpRequest, sentence: str = "", *, bad: bool = False) -> HttpResponse:
    if sentence:
        messages.add_message(request, messages.ERROR if bad else messages.INFO, sentence)
    return redirect("agent")


# What supervisors see of it -----------------------------------------------------------------------------------------


@require_GET
def help_wanted(request: SignedIn) -> HttpResponse:
    """Who wants help, in the teams whose calls this person may watch; the longest first."""
    asked = of_teams(rights_of(request.user)).filter(done_at=None).select_related("agent").order_by("at", "pk")
    return JsonResponse(
        {
            "help": [
                {
                    "id": one.pk,
                    "agent": one.agent.name,
                    "call": str(one.call_id) if one.call_id else "",
                    "reason": one.reason,
                    "at": frames.moment(one.at),
                }
                for one in asked
            ]
        }
    )


@require_POST
def help_done(request: SignedIn, pk: int) -> HttpResponse:
    one = get_object_or_404(of_teams(rights_of(request.user)), pk=pk)
    HelpRequest.objects.filter(pk=one.pk, done_at=None).update(done_at=timezone.now())
    return JsonResponse({"done": True})


def of_teams(rights: Rights) -> Any:
    """Of agents of these teams; of a call of another team, and of none, only to who may watch it."""
    calls = Q(call=None) | in_teams(rights.watched, "call__team")
    return HelpRequest.objects.filter(calls, agent__teams__in=rights.teams).distinct()
