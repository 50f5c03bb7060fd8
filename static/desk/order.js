// Which rows, in which order, and when they may move. Pure.

import { callerOf, stateOf } from "./words.js";

export const VIEWS = {
  all: () => true,
  ringing: (call) => call.status === "ringing" || call.status === "in-menu" || call.status === "waiting",
  talking: (call) => ["talking", "held", "consulting", "with-bot"].includes(call.status),
};

const SORTS = {
  state: (call) => stateOf(call).word,
  since: (call) => call.since ?? "",
  total: (call) => call.started_at ?? "",
  caller: callerOf,
  line: (call) => call.line,
  agent: (call) => call.agent || "\uffff",
};

/** Does the call answer to what was typed? Caller, agent, line, team, state or a SID. */
export function matches(call, text) {
  if (!text) return true;
  const wanted = text.toLowerCase();
  const facts = [call.caller, call.agent, call.line, call.team_name, stateOf(call).word, ...call.legs.flatMap((leg) => [leg.sid, leg.name])];
  return facts.some((fact) => fact && fact.toLowerCase().includes(wanted));
}

/** The ids to show, in order. `asked`: {view, text, team, sort, down}. Rows that are fading keep their place. */
export function arrange(board, asked) {
  const key = SORTS[asked.sort] ?? SORTS.total;
  const fading = [...board.ended.values()].filter((row) => VIEWS[asked.view]({ status: row.was })).map((row) => row.call);
  const calls = [...board.calls.values()].filter(VIEWS[asked.view]).concat(fading);
  const kept = calls.filter((call) => matches(call, asked.text) && (asked.team === null || String(call.team) === asked.team));
  const keyed = kept.map((call) => [key(call), call.id]);
  const sign = asked.down ? -1 : 1;
  keyed.sort((a, b) => (a[0] < b[0] ? -sign : a[0] > b[0] ? sign : a[1] < b[1] ? -1 : 1));
  return keyed.map(([, id]) => id);
}

/** While a hand is in the list: rows stay where they are. Returns the ids to show now and how many changes wait. */
export function hold(shown, wanted, frozen) {
  if (!frozen) return { ids: wanted, waiting: 0 };
  const here = new Set(shown), there = new Set(wanted);
  const come = wanted.filter((id) => !here.has(id)).length, gone = shown.filter((id) => !there.has(id)).length;
  const stay = shown.filter((id) => there.has(id)), order = wanted.filter((id) => here.has(id));
  const moved = stay.some((id, place) => id !== order[place]) ? 1 : 0;
  return { ids: shown, waiting: come + gone + moved };
}

const WHOLE = 300, AROUND = 30;

/** Up to 300 rows are all in the document. Of more only those around what is seen: [from, to), both in rows. */
export function windowOf(count, top, seen) {
  if (count <= WHOLE) return [0, count];
  const size = Math.ceil(seen) + 2 * AROUND;
  const from = Math.min(Math.max(0, Math.floor(top) - AROUND), Math.max(0, count - size));
  return [from, Math.min(count, from + size)];
}
