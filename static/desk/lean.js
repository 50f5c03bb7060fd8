// A call as the server sends it, lean, made whole again: the tables are those of calls/live/lean.py. Pure.

const CALL = {
  status: "talking", since: null, direction: "inbound", team: null, team_name: "", line: "", line_number: "", queue: "", caller: "", agent: "",
  started_at: null, ended_at: null, ended_by: "", outcome: "", unverified_since: null, heard_at: null, more_legs: 0, legs: [], actions: [],
  beside: {},
  hears: null, misheard: [], tags: [],
  waits_since: null,
};
const LEG = {
  status: "in-progress", name: "", number: "", started_at: null, ringing_at: null, answered_at: null, ended_at: null,
  sip_code: null, unverified: false, healed: false, held: false, held_since: null, muted: false, coaching: false,
};
const ACTION = { what: "", began: false, exclusive: true, sent_at: null, accepted_at: null, settled_at: null, code: null, message: "" };

const CALL_TIMES = ["since", "ended_at", "unverified_since", "heard_at", "waits_since"];
const LEG_TIMES = ["started_at", "ringing_at", "answered_at", "ended_at", "held_since"];
const ACTION_TIMES = ["requested_at", "sent_at", "accepted_at", "settled_at"];

/** With all that was left out; what is whole already stays as it is. */
export function whole(lean) {
  const call = { ...CALL, ...lean }, began = Date.parse(call.started_at);
  times(call, CALL_TIMES, began);
  const usual = { caller: { number: call.caller }, agent: { name: call.agent } };
  call.legs = call.legs.map((leg) => times({ ...LEG, ...usual[leg.role], ...leg }, LEG_TIMES, began));
  // Places among the legs become their SIDs: [listener, speaker].
  call.hears = call.hears && call.hears.map((pair) => pair.map((leg) => call.legs[leg]?.sid ?? leg));
  call.actions = call.actions.map((action) => times({ ...ACTION, ...action }, ACTION_TIMES, began));
  return call;
}

/** Milliseconds after the call began become times of day. */
function times(body, names, began) {
  for (const name of names) {
    if (typeof body[name] === "number") body[name] = new Date(began + body[name]).toISOString();
  }
  return body;
}
