// Words, figures and rights as the desk shows them. Pure.

import { locale, t, tenths } from "./say.js";

export const STATES = {
  waiting: { word: t`Waiting`, icon: "waiting", look: "waiting" },
  "in-menu": { word: t`In menu`, icon: "menu", look: "menu" },
  ringing: { word: t`Ringing`, icon: "ringing", look: "ringing" },
  talking: { word: t`In call`, icon: "talking", look: "talking" },
  held: { word: t`On hold`, icon: "hold", look: "hold" },
  consulting: { word: t`Consulting`, icon: "consulting", look: "consulting" },
  "with-bot": { word: t`AI agent`, icon: "ai", look: "ai" },
  ending: { word: t`Ending`, icon: "ending", look: "ending" },
  ended: { word: t`Ended`, icon: "ending", look: "ended" },
};
const UNVERIFIED = { word: t`Unverified`, icon: "unverified", look: "unverified" };
const OUTCOMES = { completed: t`Ended`, missed: t`Missed`, busy: t`Busy`, failed: t`Failed`, canceled: t`Canceled` };
const ROLES = {
  caller: ["C", t`Caller`], agent: ["A", t`Agent`], external: ["T", t`Other party`], consult: ["T", t`Consult`],
  supervisor: ["S", t`Supervisor`], bot: ["B", t`AI agent`],
};
const LEG_WORDS = {
  queued: t`about to be dialled`, initiated: t`being dialled`, ringing: t`ringing`, "in-progress": t`connected`,
  completed: t`ended`, busy: t`was busy`, failed: t`failed`, "no-answer": t`did not answer`, canceled: t`canceled`,
};
const HEALED = t`ended, callback lost`, UNVERIFIED_LEG = t`unverified`, HELD = t`on hold`;
const UNKNOWN = t`Unknown caller`, LEG = t`Leg`;
const UNANSWERED = new Set(["queued", "initiated", "ringing"]);

export function stateOf(call) {
  if (call.ended_at) return { ...STATES.ended, word: OUTCOMES[call.outcome] ?? STATES.ended.word };
  return call.unverified_since ? UNVERIFIED : STATES[call.status] ?? { word: call.status, icon: "unverified", look: "menu" };
}

export const letterOf = (leg) => ROLES[leg.role]?.[0] ?? "?";
export const roleOf = (leg) => ROLES[leg.role]?.[1] ?? LEG;
export const partyOf = (leg) => leg.name || (leg.role === "caller" ? leg.number || UNKNOWN : leg.number || roleOf(leg));
export const legWord = (leg) => (leg.healed ? HEALED : leg.unverified ? UNVERIFIED_LEG : leg.held ? HELD : LEG_WORDS[leg.status] ?? leg.status);

/** How a leg's letter is drawn: filled talking, dashed ringing, striped held, outlined listening, faint ended. */
export function legLook(leg) {
  if (leg.ended_at) return "kend";
  if (leg.unverified) return "kask";
  if (leg.held) return "kheld";
  if (leg.role === "supervisor") return "kear";
  return UNANSWERED.has(leg.status) ? "kring" : "ktalk";
}

export const callerOf = (call) => call.caller || UNKNOWN;
export const isOutbound = (call) => call.direction.startsWith("outbound");

/** 0:41, 12:09, 1:02:33; never below zero, clocks differ. */
export function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** From `since` to `until` (ISO; null: until `now`, ms by the server's clock). */
export const lasting = (since, until, now) => (since ? clock((until ? Date.parse(until) : now) - Date.parse(since)) : "");

/** Since when a caller waits in a queue, if that is longer than the state that the row tells: an agent is rung for them now, or did not answer. */
export function waitsSince({ status, since, ended_at, waits_since }) {
  if (ended_at || !waits_since || (status !== "waiting" && status !== "ringing")) return null;
  return since && Date.parse(since) - Date.parse(waits_since) > 1500 ? waits_since : null;
}

export function ageOf(ms) {
  if (ms < 10000) return `${tenths(Math.max(0, ms) / 1000)} s`;
  return ms < 60000 ? `${Math.round(ms / 1000)} s` : clock(ms);
}

// Where this person wants times to be told, as the page says; else where the computer is.
const timeZone = known(globalThis.document?.documentElement?.dataset?.zone);
// Made once: to make one takes a hundred times as long as to use it.
// Not timeStyle: with that an hour before ten has one digit in some languages, and columns and who cuts the seconds off count on two.
const ofDay = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone });
const whole = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23", timeZone });
export const timeOfDay = (iso) => (iso ? ofDay.format(new Date(iso)) : "");
export const moment = (iso) => (iso ? whole.format(new Date(iso)) : "");

const inARow = new Intl.ListFormat(locale.length ? locale : "en-GB"); // which has no comma before its "and"
/** Ana, Ben and Cleo. */
export const listed = (names) => inARow.format(names);

/** A browser may be older than the zone. */
export function known(zone) {
  try { return zone ? new Intl.DateTimeFormat([], { timeZone: zone }).resolvedOptions().timeZone : undefined; } catch { return undefined; }
}

// Wishes ----------------------------------------------------------------------------------------------------------

export const OPEN = new Set(["requested", "sending", "accepted", "unknown"]);
// They are in nobody's way, and nobody is in theirs.
export const BESIDE = new Set([
  "monitor", "leave", "whisper", "barge", "record", "stop_recording", "pause", "resume_recording", "privacy", "end_privacy", "transcribe",
  "stop_transcript", "stream", "stop_stream", "limit",
]);
export const openAction = (call) => call.actions.find((action) => OPEN.has(action.state));

// Rights ----------------------------------------------------------------------------------------------------------

function verbsOn(you, team) {
  return (team === null ? you?.unassigned?.verbs : you?.teams[team]?.verbs) ?? [];
}

/** May this person make this wish on any call at all? Otherwise the button is not there. */
export function everMay(you, verb) {
  const all = [...Object.values(you?.teams ?? {}), ...(you?.unassigned ? [you.unassigned] : [])];
  return all.some((team) => team.verbs.includes(rightTo(verb)));
}

/** Anything at all on calls of this team (null: of none), besides watching them? */
export const mayAct = (you, team) => ((team === null ? you?.unassigned : you?.teams[team])?.verbs ?? []).some((verb) => verb !== "view");

/** An end that shows no effect may be asked for again, as the server has it: 10 s after it was accepted, 30 s before. */
function overdue(action, now) {
  if (action.state === "unknown") return true;
  const [since, due] = action.state === "accepted" ? [action.accepted_at, 10000] : [action.sent_at ?? action.requested_at, 30000];
  return now - Date.parse(since ?? action.requested_at) > due;
}

/** A warm transfer whose target rings may be canceled by anybody who may transfer; the server looks more closely. */
const waitsForWhomItCalls = (action) => action.verb === "transfer" && action.state !== "sending" && (action.what ?? "").startsWith("warm, ");

// While cards are read aloud a try that fails is better than none.
const TRIED_ANYHOW = new Set(["pause", "privacy"]);

/** Why this wish cannot be made on this call now (`now`: ms, server's clock); "" if it can. `stale`: nor on any other; a sentence says why. */
export function whyNot(you, verb, call, stale, now = Date.now()) {
  if (stale && (stale === true || !TRIED_ANYHOW.has(verb))) return stale === true ? t`Actions are off: what you see is not current.` : stale;
  if (call.ended_at) return t`The call has ended.`;
  const right = rightTo(verb);
  if (!verbsOn(you, call.team).includes(right)) return lacking(you, RIGHTS[right] ?? verb, call, (team) => team.verbs.includes(right));
  if (BESIDE.has(verb)) return "";
  const busy = call.actions.find((action) => OPEN.has(action.state) && action.exclusive !== false);
  if (busy && !(verb === "cancel" && waitsForWhomItCalls(busy)) && (verb !== "end" || (busy.verb === "end" && busy.target === "call" && !overdue(busy, now)))) {
    const doing = DOING[busy.verb] ?? busy.verb;
    return busy.by === you.user?.name ? t`You are already on it (${doing}).` : t`${busy.by} is already on it (${doing}).`;
  }
  return "";
}

// As the permissions are called in the admin.
const RIGHTS = {
  end: t`Can end calls`, transfer: t`Can transfer calls`, announce: t`Can play announcements into calls`, redirect: t`Can send calls to another flow`,
  hold: t`Can put people on hold`, mute: t`Can mute people`, monitor: t`Can listen to calls`, whisper: t`Can whisper to agents`,
  barge: t`Can speak on calls`, take_over: t`Can take calls over`, pull: t`Can pull callers from queues and move them`,
  record: t`Can start, pause and stop recordings`, transcribe: t`Can start and stop transcriptions`, stream: t`Can start and stop media streams`,
  add_party: t`Can add people to calls`, kick: t`Can remove people from calls`,
};
// A verb that undoes or goes on with another shares its permission.
const SHARED = {
  resume: "hold", unmute: "mute", complete: "transfer", cancel: "transfer", swap: "transfer", limit: "end", leave: "monitor",
  hand_back: "take_over", move: "pull", front: "pull", add: "add_party", stop_recording: "record", pause: "record",
  resume_recording: "record", privacy: "record", end_privacy: "record", stop_transcript: "transcribe", stop_stream: "stream",
};
export const rightTo = (verb) => SHARED[verb] ?? verb;
const DOING = {
  end: t`ending`, transfer: t`transferring`, announce: t`announcing`, redirect: t`redirecting`, hold: t`putting somebody on hold`,
  resume: t`taking somebody off hold`, mute: t`muting`, unmute: t`unmuting`, kick: t`removing somebody`,
  complete: t`handing the caller over`, cancel: t`canceling the consultation`, swap: t`swapping`, add: t`adding somebody`,
  pull: t`pulling the caller to somebody`, move: t`moving the caller`, front: t`putting the caller first`,
  monitor: t`joining to listen`, leave: t`leaving`, whisper: t`joining to whisper`, barge: t`joining to speak`,
  take_over: t`taking it over`, hand_back: t`giving it back`,
  record: t`beginning to record`, stop_recording: t`stopping the recording`, pause: t`pausing the recording`,
  resume_recording: t`letting the recording go on`, privacy: t`switching privacy on`, end_privacy: t`ending privacy`,
  transcribe: t`beginning to transcribe`, stop_transcript: t`stopping the transcription`, stream: t`beginning to stream`,
  stop_stream: t`stopping the stream`, limit: t`limiting its time`,
};

/** The permission that is missing, in words, and where this person does hold it. */
function lacking(you, right, call, holds) {
  const held = Object.values(you?.teams ?? {}).filter(holds).map((team) => team.name).sort();
  const lacks = t`You need the permission “${right}” on ${call.team_name || t`calls without a team`}.`;
  return held.length ? `${lacks} ${t`You have it on ${held.join(", ")}.`}` : lacks;
}
