// Wishes in words: what they are called, how far they came, and what they do to a leg. Pure.

import { said, t } from "./say.js";
import { OPEN, openAction } from "./words.js";

const VERBS = {
  transfer: t`Transfer`, announce: t`Announce`, redirect: t`Redirect`, end: t`End`, hold: t`Hold`, resume: t`Take off hold`, mute: t`Mute`,
  unmute: t`Unmute`, kick: t`Remove`,
  complete: t`Hand over`, cancel: t`Cancel the consultation`, swap: t`Swap`, add: t`Add`,
  pull: t`Pull`, move: t`Move`, front: t`Put first`,
  monitor: t`Listen`, leave: t`Leave`, whisper: t`Whisper`, barge: t`Speak`,
  take_over: t`Take over`, hand_back: t`Give back`,
  record: t`Record`, stop_recording: t`Stop recording`, pause: t`Pause recording`, resume_recording: t`Go on recording`,
  privacy: t`Privacy`, end_privacy: t`End privacy`, transcribe: t`Transcribe`, stop_transcript: t`Stop transcribing`,
  stream: t`Stream`, stop_stream: t`Stop streaming`, limit: t`Limit`,
};
export const verbOf = (action) => VERBS[action.verb] ?? action.verb;
export const iconOf = (action) => (action.verb in VERBS ? action.verb : "attention");
export const titleOf = (action) => `${verbOf(action)} ${said(action.what ?? "")}`.trim();

const STEPS = {
  requested: t`recorded`, sending: t`sent`, accepted: t`accepted`, confirmed: t`effect seen`, failed: t`failed`, unknown: t`unknown`,
  refused: t`refused`, overtaken: t`overtaken`, abandoned: t`needs a human`,
};
export const actionWord = (action) => STEPS[action.state] ?? action.state;

const BAD = new Set(["failed", "unknown", "abandoned"]);
export const isBad = (action) => BAD.has(action.state);

const between = (action, at) => (at ? Math.max(0, Date.parse(at) - Date.parse(action.requested_at)) : null);

/** The ledger's four steps, each with the milliseconds from the press to it (null: not reached); `reached` counts from 1. */
export function stepsOf(action) {
  const reached = { requested: 1, sending: 2, accepted: 3, unknown: 2, failed: 2, confirmed: 4 }[action.state] ?? 1;
  const times = [null, action.sent_at, action.accepted_at, action.state === "confirmed" ? action.settled_at : null];
  const names = [STEPS.requested, STEPS.sending, STEPS.accepted, STEPS.confirmed];
  return { reached, steps: names.map((name, place) => ({ name, ms: place < reached ? between(action, times[place]) : null })) };
}

const BEGUN = { announce: t`being heard`, transfer: t`ringing there`, redirect: t`on its way` };
/** What is known between accepted and the effect: the document was asked for. */
export const begunWord = (action) => (action.state === "accepted" && action.began ? BEGUN[action.verb] ?? "" : "");

/** One line on a wish that is over. */
export function outcomeOf(action) {
  const accepted = between(action, action.accepted_at), settled = between(action, action.settled_at);
  const took = [accepted !== null && t`accepted after ${accepted} ms`];
  switch (action.state) {
    case "confirmed": return [...took, t`effect seen after ${settled} ms`].filter(Boolean).join(", ");
    case "abandoned": return t`Needs a human: ${said(action.message) || t`its effect was never seen.`}`;
    default: return said(action.message) || actionWord(action);
  }
}

const SHOWN = { confirmed: 10000, overtaken: 10000, refused: 10000, failed: 60000 }; // ms after it was settled

/** The wish that a row tells of: one that is open, one whose end was just now, one that needs a human. */
export function toldOf(call, now) {
  const open = openAction(call);
  if (open) return open;
  const last = call.actions[0];
  if (!last || OPEN.has(last.state)) return null;
  const since = now - Date.parse(last.settled_at ?? last.requested_at);
  return last.state === "abandoned" || since < (SHOWN[last.state] ?? 0) || call.ended_at ? last : null;
}

/** What happens to a leg: a word and an icon each, so that neither hue nor sentence has to carry it alone. */
export const FATES = {
  goes: [t`ends`, "close"], stays: [t`stays`, "check"], moves: [t`moves`, "transfer"], joins: [t`joins`, "joins"], changes: [t`changes`, "changes"],
  unsure: [t`not sure`, "unverified"],
};
export const fateOf = (effect) => FATES[effect.fate] ?? FATES.unsure;

const A_SECOND = 13; // characters, as the server counts
/** About how long it takes to say this. */
export const secondsOf = (text) => Math.floor(text.length / A_SECOND) + 2;
