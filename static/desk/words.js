// Words, figures and rights as the desk shows them. Pure.

export const STATES = {
  waiting: { word: "Waiting", icon: "waiting", look: "waiting" },
  "in-menu": { word: "In menu", icon: "menu", look: "menu" },
  ringing: { word: "Ringing", icon: "ringing", look: "ringing" },
  talking: { word: "In call", icon: "talking", look: "talking" },
  held: { word: "On hold", icon: "hold", look: "hold" },
  consulting: { word: "Consulting", icon: "consulting", look: "consulting" },
  "with-bot": { word: "AI agent", icon: "ai", look: "ai" },
  ending: { word: "Ending", icon: "ending", look: "ending" },
  ended: { word: "Ended", icon: "ending", look: "ended" },
};
const UNVERIFIED = { word: "Unverified", icon: "unverified", look: "unverified" };
const OUTCOMES = { completed: "Ended", missed: "Missed", busy: "Busy", failed: "Failed", canceled: "Canceled" };
const ROLES = {
  caller: ["C", "Caller"], agent: ["A", "Agent"], external: ["T", "Other party"], consult: ["T", "Consult"],
  supervisor: ["S", "Supervisor"], bot: ["B", "AI agent"],
};
const LEG_WORDS = {
  queued: "about to be dialled", initiated: "being dialled", ringing: "ringing", "in-progress": "connected",
  completed: "ended", busy: "was busy", failed: "failed", "no-answer": "did not answer", canceled: "canceled",
};
const UNANSWERED = new Set(["queued", "initiated", "ringing"]);

export function stateOf(call) {
  if (call.ended_at) return { ...STATES.ended, word: OUTCOMES[call.outcome] ?? "Ended" };
  return call.unverified_since ? UNVERIFIED : STATES[call.status] ?? { word: call.status, icon: "unverified", look: "menu" };
}

export const letterOf = (leg) => ROLES[leg.role]?.[0] ?? "?";
export const roleOf = (leg) => ROLES[leg.role]?.[1] ?? "Leg";
export const partyOf = (leg) => leg.name || (leg.role === "caller" ? leg.number || "Unknown caller" : leg.number || roleOf(leg));
export const legWord = (leg) => (leg.healed ? "ended, callback lost" : leg.unverified ? "unverified" : leg.held ? "on hold" : LEG_WORDS[leg.status] ?? leg.status);

/** How a leg's letter is drawn: filled talking, dashed ringing, striped held, outlined listening, faint ended. */
export function legLook(leg) {
  if (leg.ended_at) return "kend";
  if (leg.unverified) return "kask";
  if (leg.held) return "kheld";
  if (leg.role === "supervisor") return "kear";
  return UNANSWERED.has(leg.status) ? "kring" : "ktalk";
}

export const callerOf = (call) => call.caller || "Unknown caller";
export const isOutbound = (call) => call.direction.startsWith("outbound");

/** 0:41, 12:09, 1:02:33; never below zero, clocks differ. */
export function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** From `since` to `until` (ISO; null: until `now`, ms by the server's clock). */
export const lasting = (since, until, now) => (since ? clock((until ? Date.parse(until) : now) - Date.parse(since)) : "");

export function ageOf(ms) {
  if (ms < 10000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  return ms < 60000 ? `${Math.round(ms / 1000)} s` : clock(ms);
}

export const timeOfDay = (iso) => (iso ? new Date(iso).toLocaleTimeString([], { hourCycle: "h23" }) : "");
export const moment = (iso) => (iso ? new Date(iso).toLocaleString([], { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" }) : "");

// Wishes ----------------------------------------------------------------------------------------------------------

export const OPEN = new Set(["requested", "sending", "accepted", "unknown"]);
export const openAction = (call) => call.actions.find((action) => OPEN.has(action.state));

// Rights ----------------------------------------------------------------------------------------------------------

function verbsOn(you, team) {
  return (team === null ? you?.unassigned?.verbs : you?.teams[team]?.verbs) ?? [];
}

/** May this person make this wish on any call at all? Otherwise the button is not there. */
export function everMay(you, verb) {
  const all = [...Object.values(you?.teams ?? {}), ...(you?.unassigned ? [you.unassigned] : [])];
  return all.some((team) => team.verbs.includes(verb));
}

/** An end that shows no effect may be asked for again, as the server has it: 10 s after it was accepted, 30 s before. */
function overdue(action, now) {
  if (action.state === "unknown") return true;
  const [since, due] = action.state === "accepted" ? [action.accepted_at, 10000] : [action.sent_at ?? action.requested_at, 30000];
  return now - Date.parse(since ?? action.requested_at) > due;
}

/** Why this wish cannot be made on this call now (`now`: ms, server's clock); "" if it can. `stale`: nor on any other; a sentence says why. */
export function whyNot(you, verb, call, stale, now = Date.now()) {
  if (stale) return stale === true ? "Actions are off: what you see is not current." : stale;
  if (call.ended_at) return "The call has ended.";
  if (!verbsOn(you, call.team).includes(verb)) return lacking(you, RIGHTS[verb] ?? verb, call, (team) => team.verbs.includes(verb));
  const busy = call.actions.find((action) => OPEN.has(action.state) && action.exclusive !== false);
  if (busy && (verb !== "end" || (busy.verb === "end" && busy.target === "call" && !overdue(busy, now)))) {
    return `${busy.by === you.user?.name ? "You are" : `${busy.by} is`} already on it (${DOING[busy.verb] ?? busy.verb}).`;
  }
  return "";
}

// As the permissions are called in the admin.
const RIGHTS = {
  end: "Can end calls", transfer: "Can transfer calls", announce: "Can play announcements into calls", redirect: "Can send calls to another flow",
};
const DOING = { end: "ending", transfer: "transferring", announce: "announcing", redirect: "redirecting" };

/** The permission that is missing, in words, and where this person does hold it. */
function lacking(you, right, call, holds) {
  const held = Object.values(you?.teams ?? {}).filter(holds).map((team) => team.name).sort();
  const where = held.length ? ` You have it on ${held.join(", ")}.` : "";
  return `You need the permission “${right}” on ${call.team_name || "calls without a team"}.${where}`;
}
