"""Every setting, from the environment (`.env.example` lists them). Without its secrets nothing starts."""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")


def secret(name: str) -> str:
    """A setting without a default, on purpose: a known secret is no secret."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: put it into the environment or into .env (see .env.example).")
    return value


# What we are called by ------------------------------------------------------------------------------------------
PUBLIC_URL = secret("PUBLIC_URL").rstrip("/")
PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or ""
# On a loopback address nobody else can listen in, and no certificate is to be had: what needs HTTPS is waived.
LOOPBACK = PUBLIC_HOST in {"localhost", "127.0.0.1", "::1"}
SECRET_KEY = secret("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
DESK_ORIGINS = env.list("DESK_ORIGINS", default=[PUBLIC_URL])
# Twilio may come through a tunnel while the desk is at home on this machine: both names are ours.
OUR_HOSTS = {PUBLIC_HOST, *(urlsplit(origin).hostname or "" for origin in DESK_ORIGINS)}
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=sorted(OUR_HOSTS))
CSRF_TRUSTED_ORIGINS = DESK_ORIGINS

# Twilio ---------------------------------------------------------------------------------------------------------
TWILIO_ACCOUNT_SID = secret("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKENS = [token for token in (part.strip() for part in secret("TWILIO_AUTH_TOKEN").split(",")) if token]
TWILIO_WEBHOOK_KEYS = env.dict("TWILIO_WEBHOOK_KEYS", default={})
TWILIO_API_KEY = env.str("TWILIO_API_KEY", default="")
TWILIO_API_SECRET = env.str("TWILIO_API_SECRET", default="")
TWILIO_API_URL = env.str("TWILIO_API_URL", default="https://api.twilio.com").rstrip("/")
TWILIO_EDGE = env.str("TWILIO_EDGE", default="")
TWILIO_REGION = env.str("TWILIO_REGION", default="")
TWILIO_CALLS_PER_SECOND = env.float("TWILIO_CALLS_PER_SECOND", default=1.0)

# The desk -------------------------------------------------------------------------------------------------------
DESK_SOCKETS_PER_USER = env.int("DESK_SOCKETS_PER_USER", default=8)
DESK_SOCKETS_PER_PROCESS = env.int("DESK_SOCKETS_PER_PROCESS", default=1000)
CANCEL_SECONDS = env.int("CANCEL_SECONDS", default=3)
DIAL_COUNTRIES = env.list("DIAL_COUNTRIES", default=[])
ALARM_HOSTS = env.list("ALARM_HOSTS", default=[])

INSTALLED_APPS = [
    "callcenter.apps.CallcenterAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "calls",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Before all that may refuse: a refusal is a page as well.
    "csp.middleware.CSPMiddleware",
    "callcenter.middleware.NoStoreMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "callcenter.urls"
ASGI_APPLICATION = "callcenter.asgi.application"
# Twilio follows a redirect with GET and drops what it posted: exact paths only. And no CommonMiddleware: it would ask
# for the Host of a callback, and a proxy's own idea of it would cost us the callback.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "calls.desk.me.preferences",
            ],
        },
    }
]

# Stores ---------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'livedesk.sqlite3'}")}
DATABASE = DATABASES["default"]
DATABASE["CONN_MAX_AGE"] = (
    0  # under ASGI a kept connection is a leaked one: each request may run in a thread of its own
)
SQLITE = DATABASE["ENGINE"].endswith("sqlite3")
if SQLITE:
    DATABASE["ENGINE"] = "callcenter.sqlite"
    DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # DEFERRED fails at once with "database is locked" when a reader turns writer
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    # In memory every connection would be a database of its own; sockets, tail and writer have threads of their own.
    DATABASE["TEST"] = {"NAME": env.str("TEST_DATABASE_NAME", default=str(BASE_DIR / "var" / "test.sqlite3"))}
    Path(DATABASE["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    Path(DATABASE["TEST"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    # It holds who tried to sign in how often. 300, the default, are soon pushed out by names that do not exist.
    IN_MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10_000}}
    CACHES = {"default": IN_MEMORY}

# People ---------------------------------------------------------------------------------------------------------
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds; one shift and its overtime
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOOPBACK
CSRF_COOKIE_HTTPONLY = False
if not LOOPBACK:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# The proxy in front redirects to https; we never do, because Twilio would lose what it posted.
SECURE_SSL_REDIRECT = False
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # which wants us to
CSRF_FAILURE_VIEW = "calls.desk.refusals.forged"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "connect-src": [SELF, *(origin.replace("http", "ws", 1) for origin in DESK_ORIGINS)],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Files, words, times --------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = BASE_DIR / "var" / "media"  # recordings of announcements; Twilio gets them at a door of ours
WHITENOISE_USE_FINDERS = True  # the demo needs no collectstatic
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "calls" / "locale"]  # our words go before Django's own
LANGUAGE_COOKIE_NAME = "language"  # who signs in gets it from their preferences
LANGUAGE_COOKIE_SECURE = not LOOPBACK
USE_I18N = True
FORMAT_MODULE_PATH = "callcenter.formats"
USE_TZ = True
TIME_ZONE = "UTC"
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default=f"livedesk@{PUBLIC_HOST}")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "callcenter.logs.OneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # At INFO it writes addresses, parameters and headers of every request to Twilio.
        "twilio.http_client": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "uvicorn.access": {"level": "WARNING"},
    },
}
