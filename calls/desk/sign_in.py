"""Signing in, five tries a minute: for one account from one address, whether there is such an account or not."""

import hashlib
import logging
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from calls.desk.said import remember
from calls.models import Preferences

TRIES = 5
MINUTE = 60  # seconds
QUARTER = 15 * 60  # seconds
log = logging.getLogger(__name__)


class SignInForm(AuthenticationForm):
    def clean(self) -> dict[str, Any]:
        """Each try counts before the password is looked at, so that many at once are no way around; the right one ends
        the count."""
        address = self.request.META["REMOTE_ADDR"] if self.request else ""
        key = tries_of(self.cleaned_data.get("username", ""), address)
        if count(key) > TRIES:
            raise ValidationError(gettext("Too many tries. Wait a minute, then try again."), code="too_many")
        cleaned = super().clean()
        cache.delete(key)
        return cleaned


class SignIn(LoginView):
    template_name = "sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        log.info("User %s signed in from %s.", user.pk, self.request.META["REMOTE_ADDR"])
        response = super().form_valid(form)
        chosen = Preferences.objects.filter(user=user).values_list("language", flat=True).first()
        if chosen:
            remember(response, chosen)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        # Without the name that was typed: some people type their password there.
        log.warning("A sign-in from %s failed.", self.request.META["REMOTE_ADDR"])
        response = super().form_invalid(form)
        if form.has_error("__all__", "too_many"):
            response.status_code = 429
            response.headers["Retry-After"] = str(MINUTE)
        return response


def step_up(request: HttpRequest) -> bool:
    """Was the password typed within the last 15 minutes, in this session? The field `password` counts as well.

    Raises PermissionDenied for a wrong one; tries are counted like those of signing in.
    """
    password, now = request.POST.get("password", ""), timezone.now().timestamp()
    if password:
        user = request.user
        key = tries_of(user.get_username(), request.META["REMOTE_ADDR"])
        if count(key) > TRIES:
            raise PermissionDenied("Too many tries. Wait a minute, then try again.")
        if not user.check_password(password):
            log.warning("User %s did not type their password.", user.pk)
            raise PermissionDenied("That is not your password. Nothing was sent.")
        cache.delete(key)
        request.session["stepped_up_at"] = now
    return now - request.session.get("stepped_up_at", 0) < QUARTER


def count(key: str) -> int:
    cache.add(key, 0, timeout=MINUTE)
    try:
        return int(cache.incr(key))
    except ValueError:  # the minute ran out in between: this is the first try of the next
        cache.set(key, 1, timeout=MINUTE)
        return 1


def tries_of(username: str, address: str) -> str:
    return "sign-in." + hashlib.sha256(f"{username.casefold()}\n{address}".encode()).hexdigest()
