// Who hears whom on a call: who is in it, who hears each of them, and the same in sentences. Pure.

import { t } from "./say.js";
import { OPEN, letterOf, listed, partyOf, roleOf } from "./words.js";

const isMine = (leg, you) => leg.role === "supervisor" && Boolean(you?.user?.name) && leg.name === you.user.name;
const first = (leg, you) => (isMine(leg, you) ? t`You` : leg.role === "caller" && !leg.name ? roleOf(leg) : partyOf(leg).split(" ")[0]);

/**
 * {people: [{sid, mine, letter, name, mark}], pairs: [[listener, speaker]]} of who is connected, or null if there is nothing to tell.
 * `mark`: held, muted, listening, whispering or "". `call.hears` are the pairs as the server has them; null if nobody is in a room.
 */
export function hearing(call, you) {
  const legs = call.legs.filter((leg) => !leg.ended_at && !leg.unverified && leg.status === "in-progress");
  if (call.ended_at || legs.length < 2) return null;
  const order = ["caller", "agent", "external", "consult", "bot", "", "supervisor"];
  const people = [...legs].sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role)).map((leg) => ({
    sid: leg.sid, role: leg.role, mine: isMine(leg, you), letter: letterOf(leg), name: first(leg, you), mark: markOf(leg),
  }));
  const there = new Set(people.map((one) => one.sid));
  const pairs = (call.hears ?? assumed(legs)).filter(([listener, speaker]) => there.has(listener) && there.has(speaker));
  return { people, pairs };
}

function markOf(leg) {
  if (leg.held) return "held";
  if (leg.coaching) return "whispering";
  if (leg.muted) return leg.role === "supervisor" ? "listening" : "muted";
  return "";
}

/** Of who is in no room nothing else is known than that they are connected. */
function assumed(legs) {
  return legs.flatMap((listener) => legs.filter((speaker) => speaker !== listener && !listener.held && !speaker.held && !speaker.muted).map((speaker) => [listener.sid, speaker.sid]));
}

/** The wires between two people each: {from, to (places in `people`), way: "both", "right" (what `from` says is heard by `to`), "left" or "none"}. */
export function wires({ people, pairs }) {
  const heard = new Set(pairs.map((pair) => pair.join(" ")));
  const found = [];
  people.forEach((a, from) => people.slice(from + 1).forEach((b, step) => {
    const right = heard.has(`${b.sid} ${a.sid}`), left = heard.has(`${a.sid} ${b.sid}`);
    const way = right && left ? "both" : right ? "right" : left ? "left" : "none";
    if (way !== "none" || (a.role !== "supervisor" && b.role !== "supervisor")) found.push({ from, to: from + 1 + step, way });
  }));
  return found;
}

const MARKS = { held: t`on hold`, muted: t`muted`, listening: t`listens`, whispering: t`whispers` };
export const markWord = (one) => MARKS[one.mark] ?? "";

/** Caller, Ana and you. */
function list(people, begins = false) {
  return listed(people.map(({ mine, name }, place) => (mine && (place || !begins) ? t`you` : name)));
}

/** Whom one of them hears; `also`: beside those who hear each other. */
function hears({ mine, name }, others, also) {
  const whom = list(others);
  if (mine) return also ? t`You also hear ${whom}.` : t`You hear ${whom}.`;
  if (others.length === 1 && others[0].mine) return also ? t`${name} also hears you.` : t`${name} hears you.`;
  return also ? t`${name} also hears ${whom}.` : t`${name} hears ${whom}.`;
}

/** The same in words: who talk with each other, whom the others hear, and whom nobody hears. */
export function sentences({ people, pairs }) {
  const heard = (by) => people.filter((one) => pairs.some(([listener, speaker]) => listener === by.sid && speaker === one.sid));
  const mutual = people.filter((one) => heard(one).some((other) => heard(other).includes(one)));
  const all = mutual.length > 1 && mutual.every((one) => mutual.every((other) => one === other || heard(one).includes(other)));
  const together = new Set(all ? mutual : []);
  const told = all ? [t`${list(mutual, true)} hear each other.`] : [];
  for (const one of people) {
    const others = heard(one).filter((other) => !(together.has(one) && together.has(other)));
    if (others.length) told.push(hears(one, others, together.has(one)));
    if (one.mark === "held") told.push(t`${one.name} is on hold.`);
    else if (!pairs.some(([, speaker]) => speaker === one.sid)) told.push(one.mine ? t`Nobody hears you.` : t`Nobody hears ${one.name}.`);
  }
  return told;
}

/** How far a consultation is: [{words, state: done|at|next}], null if there is none. Once nobody is held any more it is over. */
export function consulting(call) {
  const legs = call.legs.filter((leg) => !leg.ended_at), target = legs.find((leg) => leg.role === "consult"), asked = warm(call);
  if (call.ended_at || (!target && !asked)) return null;
  const held = Boolean(legs.find((leg) => leg.role === "caller")?.held), name = target ? partyOf(target) : asked.what.replace(/^warm, (to )?/, "");
  const talks = target?.status === "in-progress", swapped = talks && target.held;
  if (talks && !held && !swapped) return null;
  const steps = [
    swapped ? t`Caller is back` : held ? t`Caller is on hold` : t`Caller to be held`,
    talks ? t`${name} has answered` : target ? t`${name} rings` : t`${name} is called`,
    swapped ? t`${name} waits` : talks ? t`They talk` : t`Then they talk`,
  ];
  const at = talks ? 2 : held ? 1 : 0;
  return steps.map((words, place) => ({ words, state: place === at ? "at" : place < at ? "done" : "next" }));
}

const warm = (call) => call.actions.find((action) => OPEN.has(action.state) && action.verb === "transfer" && (action.what ?? "").startsWith("warm, "));
