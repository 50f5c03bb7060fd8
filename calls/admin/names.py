"""What the admin calls rows and columns in another language. Django makes these names of the code's own, in English;
with a `verbose_name` each would be written a second time, in the models and in a migration."""

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

ROWS = [
    _("action"), _("actions"), _("agent"), _("agents"), _("alarm"), _("alarms"), _("announcement"), _("announcements"),
    _("audit"), _("bulk"), _("bulks"), _("call"), _("calls"), _("destination"), _("destinations"), _("drill"),
    _("drills"), _("leg"), _("legs"), _("line"), _("lines"), _("membership"), _("memberships"), _("notice"),
    _("notices"), _("phone"), _("phones"), _("queue"), _("queues"), _("report"), _("reports"), _("stream target"),
    _("stream targets"), _("team"), _("teams"), _("threshold"), _("thresholds"), _("waiting"), _("wallboard link"),
    _("wallboard links"),
]  # fmt: skip
COLUMNS = [
    _("accepted at"), _("acked at"), _("action id"), _("address"), _("alone"), _("amber since"),
    _("answered at"), _("answered by"), _("asked at"), _("asking at"), _("at"), _("attempt"), _("began"), _("body"),
    _("by"), _("call id"), _("chosen"), _("cleared at"), _("code"), _("conflict"), _("contact"), _("cue"), _("cued at"),
    _("deliveries"), _("dials"), _("digest"), _("direction"), _("door"), _("due at"), _("duration"), _("ended at"),
    _("ended by"), _("entered at"), _("exclusive"), _("facts"), _("fields"), _("fingerprint"), _("finished at"),
    _("from number"), _("greeting"), _("group"), _("hash"), _("healed"), _("heard at"), _("hysteresis"), _("id"),
    _("idempotency token"), _("idle since"), _("inferred"), _("key"), _("kind"), _("language"), _("last at"),
    _("lease until"), _("left at"), _("limit"), _("looked at"), _("made"), _("made at"), _("made by"), _("merged into"),
    _("message"), _("method"), _("minimum seconds"), _("missed"), _("music"), _("name"), _("noticed at"),
    _("noticed by"), _("number"), _("offered at"), _("on"), _("open"), _("outcome"), _("owner"), _("params"),
    _("parent"), _("person"), _("place"), _("plan"), _("previous"), _("price"), _("raised at"), _("received at"),
    _("red since"), _("refused"), _("registers"), _("remarks"), _("reopened at"), _("requested at"), _("resume url"),
    _("revoked at"), _("ring seconds"), _("ringing at"), _("role"), _("role signed"), _("room"), _("score"),
    _("secret"), _("seen"), _("sent at"), _("settled at"), _("severity"), _("shape"), _("sid"), _("sip code"),
    _("skill"), _("skills"), _("snoozed until"), _("source"), _("started at"), _("state"), _("state since"),
    _("status"), _("status since"), _("step"), _("stopped at"), _("stopped by"), _("tags"), _("target"),
    _("target percent"), _("target seconds"), _("text"), _("to"), _("to number"), _("tries"), _("trouble"),
    _("unverified"), _("unverified since"), _("user"), _("user id"), _("value"), _("verb"), _("verdict"), _("visit"),
    _("voice"), _("what"), _("wrap up seconds"), _("wrap up until"),
]  # fmt: skip
# Of the whole of it (callcenter/admin.py).
SITE = [
    _("Livedesk administration"), _("People, lines and what happened"),
    _("The administration is for staff. Ask an administrator to make you one of them."),
]  # fmt: skip
# Of announcements (models/library.py).
SPOKEN = [
    _("English (US)"), _("English (UK)"), _("Spanish"), _("Spanish (Mexico)"), _("German"), _("French"), _("Italian"),
    _("Portuguese (Brazil)"), _("Dutch"), _("Swedish"), _("Danish"), _("Polish"), _("Woman"), _("Man"),
]  # fmt: skip

for model in apps.get_app_config("calls").get_models(include_auto_created=True):
    options = model._meta
    options.verbose_name = gettext_lazy(str(options.verbose_name))
    options.verbose_name_plural = gettext_lazy(str(options.verbose_name_plural))
    for field in (*options.fields, *options.many_to_many):
        if not isinstance(field.verbose_name, Promise):
            field.verbose_name = gettext_lazy(field.verbose_name)
