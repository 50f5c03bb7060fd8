// Which rows, in which order, and when they may move. Pure.

import { t } from "./say.js";
import { callerOf, stateOf } from "./words.js";

export const VIEWS = {
  all: () => true,
  ringing: (call) => call.status === "ringing" || call.status === "in-menu" || call.status === "waiting",
  talking: (call) => ["talking", "held", "consulting", "with-bot"].includes(call.status),
};

const LAST = "\uffff"; // after all names

export const SORTS = {
  state: (call) => stateOf(call).word,
  since: (call) => call.since ?? "",
  total: (call) => call.started_at ?? "",
  caller: callerOf,
  line: (call) => call.line,
  agent: (call) => call.agent || LAST,
};

/** What calls are put together by, and what stands over those that have none. `strain`: "breach", "attention" or nothing, as limits.js finds it. */
export const GROUPS = {
  limits: { of: (call, strain) => BANDS[strain], none: t`Within limits` },
  queue: { of: (call) => call.queue, none: t`No queue` },
  agent: { of: (call) => call.agent, none: t`Nobody yet` },
};
const BANDS = { attention: t`Close to the limit`, breach: t`Over the limit` };
const rankOf = (name) => (name === BANDS.breach ? "" : name); // worst first; the others are in the order of the alphabet

/** By which filter a call is found: its state, unless nobody knows it. */
export const filterOf = (call) => (call.unverified_since ? "unverified" : call.status);

/** Does the call answer to what was typed? Caller, agent, line, queue, team, state, a tag or a SID. */
export function matches(call, text) {
  if (!text) return true;
  const wanted = text.toLowerCase();
  const facts = [call.caller, call.agent, call.line, call.queue, call.team_name, stateOf(call).word, ...call.tags, ...call.legs.flatMap((leg) => [leg.sid, leg.name])];
  return facts.some((fact) => fact && fact.toLowerCase().includes(wanted));
}

/** The ids to show, in order; of groups their heads among them. `asked`: as asked.js reads it; `strains(call)`: how much too long it goes on.
 * Rows that are fading are over no limit any more. */
export function arrange(board, asked, strains = () => undefined) {
  const key = SORTS[asked.sort] ?? SORTS.since, { states, team } = asked, put = GROUPS[asked.group];
  const fits = (call) => VIEWS[asked.view](call) && (!states.length || states.includes(filterOf(call)));
  const fading = [...board.ended.values()].filter((row) => fits({ status: row.was })).map((row) => row.call);
  const calls = [...board.calls.values()].filter(fits).concat(fading);
  const kept = calls.filter((call) => matches(call, asked.text) && (team === null || String(call.team) === team));
  const keyed = kept.map((call) => [key(call), call.id, put?.of(call, put === GROUPS.limits && strains(call)) || LAST]);
  const sign = asked.down ? -1 : 1;
  keyed.sort((a, b) => before(rankOf(a[2]), rankOf(b[2])) || sign * before(a[0], b[0]) || before(a[1], b[1]));
  // Where all is well, nothing needs to say so.
  const heads = put && (put !== GROUPS.limits || keyed.some(([, , group]) => group !== LAST));
  return heads ? withHeads(keyed) : keyed.map(([, id]) => id);
}

const before = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// A group's head stands among the ids, as a name that no call has: so it keeps its place under the hand as rows do.
const HEAD = "§";
export const isHead = (id) => id.startsWith(HEAD);

function withHeads(keyed) {
  const ids = [];
  let last = null;
  for (const [, id, group] of keyed) {
    if (group !== last) ids.push(HEAD + group);
    ids.push(id);
    last = group;
  }
  return ids;
}

/** Of each head that is shown: {name, look, calls, waiting, since}, `since` of who waits longest; `look` as of a row that is too long. A head without calls is left out. */
export function headsOf(ids, group, callOf) {
  const heads = new Map();
  let head = null;
  for (const id of ids) {
    if (isHead(id)) head = { id, ...titled(id, group), calls: 0, waiting: 0, since: null };
    else if (head) { heads.set(head.id, head); count(head, callOf(id)); }
  }
  return heads;
}

function titled(id, group) {
  const name = id === HEAD + LAST ? GROUPS[group]?.none ?? "" : id.slice(HEAD.length);
  return { name, look: (group === "limits" && Object.keys(BANDS).find((look) => BANDS[look] === name)) || "" };
}

function count(head, call) {
  if (call.ended_at) return;
  head.calls += 1;
  if (call.status !== "waiting") return;
  head.waiting += 1;
  const since = call.waits_since ?? call.since;
  if (since && (head.since === null || since < head.since)) head.since = since;
}

/** While a hand is in the list: rows stay where they are. Returns the ids to show now and how many changes wait. */
export function hold(shown, wanted, frozen) {
  if (!frozen) return { ids: wanted, waiting: 0 };
  const here = new Set(shown), there = new Set(wanted);
  const come = wanted.filter((id) => !here.has(id) && !isHead(id)).length, gone = shown.filter((id) => !there.has(id) && !isHead(id)).length;
  const stay = shown.filter((id) => there.has(id)), order = wanted.filter((id) => here.has(id)); // with heads: who changes the group moves
  const moved = stay.some((id, place) => id !== order[place]) ? 1 : 0;
  return { ids: shown, waiting: come + gone + moved };
}

/** The id of who waits longest, as far as anybody knows it; null if nobody does. */
export function longestOf(calls) {
  let longest = null;
  for (const call of calls) if (call.status === "waiting" && !call.unverified_since && call.since && (!longest || call.since < longest.since)) longest = call;
  return longest?.id ?? null;
}

/** Where the keyboard goes from a row that is gone: to the next one that is still there, else to the one before it; null if there is none. */
export function heirOf(old, there, id) {
  const place = old.indexOf(id), still = (other) => there.has(other) && !isHead(other);
  return old.slice(place + 1).find(still) ?? old.slice(0, Math.max(place, 0)).findLast(still) ?? null;
}

// Each row in the document costs at every picture, seen or not: no more of them than a turn of the wheel goes past.
const WHOLE = 300, AROUND = 12, NEAR = 4;

/** Up to 300 rows are all in the document. Of more only those around what is seen: [from, to), both in rows. */
export function windowOf(count, top, seen) {
  if (count <= WHOLE) return [0, count];
  const size = Math.ceil(seen) + 2 * AROUND;
  const from = Math.min(Math.max(0, Math.floor(top) - AROUND), Math.max(0, count - size));
  return [from, Math.min(count, from + size)];
}

/** Does what is seen come near an end of that part, beyond which there is more? */
export function nearEnd(count, [from, to], top, seen) {
  return (from > 0 && top < from + NEAR) || (to < count && top + seen > to - NEAR);
}
