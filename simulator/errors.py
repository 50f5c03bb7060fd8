"""Twilio's refusals: code, HTTP status and words.

Source: https://www.twilio.com/docs/api/errors; status numbers as the public code of Twilio's users shows them.
"""

from dataclasses import dataclass

REFUSALS: dict[int, tuple[int, str]] = {
    20001: (400, "Invalid parameter: {0}"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20007: (400, "Page size must be 1000 or less"),
    20009: (409, "Cannot delete this resource before it is complete"),
    20404: (404, "The requested resource {0} was not found"),
    20409: (409, "The requested resource is being changed by another request"),
    20429: (429, "Too Many Requests"),
    21201: (400, "No 'To' number is specified"),
    21203: (400, "International calling is not enabled for this account: {0}"),
    21205: (400, "Url is not a valid URL: {0}"),
    21206: (400, "Invalid SendDigits: {0}"),
    21208: (400, "Timeout must be between 0 and 600: {0}"),
    21209: (400, "StatusCallback is not a valid URL: {0}"),
    21210: (400, "The source phone number provided, {0}, is not yet verified for your account. "
                 "You may only make calls from phone numbers that you've verified or purchased from Twilio."),
    21211: (400, "The phone number you are attempting to call, {0}, is not valid."),
    21212: (400, "The 'From' number {0} is not a valid phone number or shortcode."),
    21213: (400, "No 'From' number is specified"),
    21214: (400, "'To' phone number cannot be reached: {0}"),
    21215: (400, "Account not authorized to call {0}. Perhaps you need to enable some international permissions."),
    21216: (400, "Account not allowed to call {0}"),
    21217: (400, "Phone number does not appear to be valid: {0}"),
    21219: (400, "The number {0} is unverified. Trial accounts may only make calls to verified numbers."),
    21218: (400, "Invalid ApplicationSid {0}"),
    21220: (400, "Call is not in-progress. Cannot redirect."),
    16001: (400, "Conference is not in progress"),
    16020: (400, "The conference {0} is full"),
    16022: (404, "The conference {0} does not exist or has completed"),
    16023: (400, "Participant label is invalid: {0}"),
    16026: (400, "Participant label is already in use: {0}"),
    16027: (400, "The participant to coach is on hold: {0}"),
    16028: (400, "The participant to coach is not in the conference: {0}"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service Unavailable"),
    16108: (400, "More than one recording is active; name one by its SID"),
    21234: (400, "Invalid value for an answering machine detection parameter: {0}"),
    21263: (400, "{0} is not a parameter of this resource"),
    21421: (400, "PhoneNumber is invalid: {0}"),
    22005: (429, "Call queue is full"),
    31941: (400, "At most four tracks of a call can be forked at once"),
    32018: (400, "Twiml parameter must be 4000 characters or fewer"),
}  # fmt: skip

# In the debugger, these are warnings: the call goes on.
WARNINGS = frozenset(
    {
        12200,
        *range(13210, 13214),
        13221,
        13222,
        *range(13230, 13235),
        13224,
        15002,
        15003,
        16101,
        16102,
        20001,
        21262,
        21626,
        32019,
    }
)
MEANINGS = {
    11200: "HTTP retrieval failure",
    11203: "HTTP total timeout",
    11205: "HTTP connection failure",
    11206: "HTTP protocol violation",
    11210: "HTTP bad host name",
    11220: "SSL/TLS handshake error",
    11235: "Certificate invalid: domain mismatch",
    11237: "Certificate invalid: could not find path to certificate",
    11215: "Too many HTTP redirects",
    11240: "HTTP connection edge location is invalid",
    11242: "HTTP connection over Twilio Interconnect is not allowed",
    11243: "HTTP retry policy is invalid",
    11750: "TwiML response body too large",
    11770: "Empty TwiML response body",
    12100: "Document parse failure",
    12102: "Response is not the root element",
    12200: "Schema validation warning",
    12300: "Invalid Content-Type",
    13000: "Dial: nouns that cannot be mixed",
    13201: "Dial: cannot dial out from a Dial call segment",
    13210: "Dial: invalid method value",
    13212: "Dial: invalid timeout value",
    13213: "Dial: invalid hangupOnStar value",
    13214: "Dial: invalid callerId",
    13221: "Dial->Number: invalid method value",
    13222: "Dial->Number: invalid sendDigits value",
    13223: "Dial: invalid phone number format",
    13224: "Dial->Number: the number is invalid or cannot be called",
    13225: "Dial->Number: the number is on the block list",
    13227: "Dial->Number: no permission to call this country",
    13230: "Dial->Conference: invalid muted value",
    13231: "Dial->Conference: invalid endConferenceOnExit value",
    13232: "Dial->Conference: invalid startConferenceOnEnter value",
    13234: "Dial->Conference: invalid waitMethod value",
    13236: "Dial->Conference: no live conference has this SID",
    13240: "Conference: invalid call SID to coach",
    14204: "Enqueue: queue name too short",
    14205: "Enqueue: queue name too long",
    14207: "Enqueue: queue is full",
    14213: "Dial->Queue: queue name too long",
    15002: "Status callback: waited too long for its turn and was not sent",
    15003: "Status callback: warning",
    15004: "Inline TwiML needs absolute URLs",
    16101: "Recording too short",
    16102: "Recording is silent",
    21262: "Answering machine detection without a callback URL",
    21626: "Invalid StatusCallbackEvent",
    31920: "Stream: WebSocket handshake refused",
    31921: "Stream: the application has closed the WebSocket",
    31922: "Stream: unsupported scheme",
    31950: "Stream: malformed message",
    32019: "Both Url and Twiml",
}


def meaning(code: int) -> str:
    return MEANINGS.get(code) or (REFUSALS[code][1].replace(" {0}", "") if code in REFUSALS else "")


@dataclass
class Refused(Exception):
    """A REST request that Twilio answers with an error. `about` fills the gap in the message, `words` replaces it."""

    code: int
    about: str = ""
    words: str | None = None

    @property
    def status(self) -> int:
        return REFUSALS[self.code][0]

    def body(self) -> dict[str, object]:
        answer: dict[str, object] = {
            "code": self.code,
            "message": self.words or REFUSALS[self.code][1].format(self.about),
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
        return {"detail": ""} | answer if self.code == 20003 else answer
