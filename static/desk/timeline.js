// The legs of a call over time: one line a party, time to the right. What still goes on fades past the now line.

import { actionWord, titleOf } from "./deeds.js";
import { svg } from "./dom.js";
import { t } from "./say.js";
import { WHAT } from "./toomuch.js";
import { clock, legWord, partyOf, roleOf, timeOfDay } from "./words.js";

const LEFT = 84, WIDE = 368, STEP = 22, TOP = 20, HIGH = 10;
const SPEAKS = new Set(["barge", "take_over"]);
const QUIET = new Set(["monitor", "whisper", "hand_back", "leave"]);
const time = (iso) => (iso ? Date.parse(iso) : null);

/** The blocks of each leg: [{kind: ring|wait|talk|held|listen|bot, from, to}], ms; `to` null while it goes on. `bots`: when the caller talked with an AI agent that has no leg. Pure. */
export function blocksOf(legs, actions = [], bots = []) {
  const met = meetings(legs, actions);
  return legs.map((leg) => {
    const began = Date.parse(leg.started_at ?? leg.ringing_at ?? leg.answered_at ?? leg.ended_at);
    const answered = time(leg.answered_at), ended = time(leg.ended_at);
    const blocks = [];
    if (answered === null || answered > began) blocks.push({ kind: "ring", from: began, to: answered ?? ended });
    if (answered !== null) {
      const ear = leg.role === "supervisor", talks = leg.role === "caller" ? met : ear ? spoken(leg, actions) : [{ from: answered, to: null }];
      let told = conversation(answered, ended, talks);
      if (leg.role === "caller") told = told.flatMap((block) => (block.kind === "wait" ? cut(block, bots.map((pair) => pair.map(time)), "bot") : [block]));
      if (ear) told = told.map((block) => (block.kind === "wait" ? { ...block, kind: "listen" } : block));
      const holds = holdsOf(leg, actions, told.at(-1)?.from);
      blocks.push(...told.flatMap((block) => cut(block, holds, "held")));
    }
    return blocks.filter((block) => !Number.isNaN(block.from));
  });
}

/** A block with these times, [[from, to]], taken out of it: an AI agent is connected to the caller's own leg, or they are on hold. */
function cut({ kind, from, to }, times, other) {
  const blocks = [], last = to ?? Infinity;
  let at = from;
  for (const [begin, end] of [...times].sort((a, b) => a[0] - b[0])) {
    const begins = Math.max(begin, at), ends = Math.min(end ?? Infinity, last);
    if (begins >= ends) continue;
    if (begins > at) blocks.push({ kind, from: at, to: begins });
    blocks.push({ kind: other, from: begins, to: ends === Infinity ? null : ends });
    at = ends;
  }
  if (at < last) blocks.push({ kind, from: at, to });
  return blocks;
}

/** When they were on hold: what was wished and seen, and as it is now, whoever did it; `unknown`: if nobody knows since when. */
function holdsOf(leg, actions, unknown) {
  const holds = [], deeds = actions.filter((one) => one.state === "confirmed" && one.target === leg.sid && ["hold", "resume"].includes(one.verb));
  for (const { verb, settled_at } of deeds.sort((a, b) => time(a.settled_at) - time(b.settled_at))) {
    if (verb === "hold") holds.push([time(settled_at), null]);
    else if (holds.length) holds.at(-1)[1] ??= time(settled_at);
  }
  const over = holds.filter(([, end]) => end !== null), open = holds.find(([, end]) => end === null);
  return leg.held ? [...over, [time(leg.held_since) ?? open?.[0] ?? unknown, null]] : over;
}

/** All such times, with the one that goes on. */
export function botsOf(call, bots = []) {
  const now = call.status === "with-bot" && !call.ended_at && call.since && !call.legs.some((leg) => leg.role === "bot" && !leg.ended_at);
  return now ? [...bots, [call.since, null]] : bots;
}

/** What is marked on the time line, the oldest first: {at (ms), look: act|amber|red, words}. Pure. */
export function marksOf(actions, alarms = []) {
  const deeds = actions.filter((each) => each.sent_at).map((each) => ({ at: time(each.sent_at), look: "act", words: `${timeOfDay(each.sent_at)} ${each.by}: ${titleOf(each)}, ${actionWord(each)}` }));
  const raised = alarms.map((each) => ({ at: time(each.raised_at), look: each.severity, words: t`${timeOfDay(each.raised_at)} alarm: ${alarmWords(each)}` }));
  return [...deeds, ...raised].sort((a, b) => a.at - b.at);
}

/** "Longest wait, Service, over the limit until 10:31:08" */
export function alarmWords({ kind, where, severity, cleared_at, owner, acked_at }) {
  const red = severity === "red", end = timeOfDay(cleared_at);
  const over = !end ? (red ? t`over the limit` : t`nearly over the limit`) : red ? t`over the limit until ${end}` : t`nearly over the limit until ${end}`;
  return [WHAT[kind] ?? kind, where, over, ...(acked_at && owner ? [t`${owner} sees to it`] : [])].join(", ");
}

/** When somebody else was connected: [{from, to}], merged, in order. Who listens is nobody to talk to, until they speak. */
function meetings(legs, actions) {
  const others = legs.filter((leg) => leg.role !== "caller" && leg.role !== "supervisor" && leg.answered_at);
  const talks = others.map((leg) => ({ from: time(leg.answered_at), to: time(leg.ended_at) }));
  talks.push(...legs.filter((leg) => leg.role === "supervisor" && leg.answered_at).flatMap((leg) => spoken(leg, actions)));
  const times = talks.sort((a, b) => a.from - b.from);
  const merged = [];
  for (const each of times) {
    const last = merged.at(-1);
    if (!last || (last.to !== null && last.to < each.from)) merged.push({ ...each });
    else last.to = last.to === null || each.to === null ? null : Math.max(last.to, each.to);
  }
  return merged;
}

/** When a supervisor was heard by all: from the wish to speak to the one to be quiet. Who is rung to speak is heard at once. */
function spoken(leg, actions) {
  const answered = time(leg.answered_at), ended = time(leg.ended_at), talks = [];
  const told = (one) => QUIET.has(one.verb) || (SPEAKS.has(one.verb) && (one.what ?? leg.name).endsWith(leg.name)); // not what somebody else took over
  const deeds = actions.filter((one) => one.state === "confirmed" && one.by === leg.name && time(one.settled_at) >= answered && told(one));
  for (const deed of deeds.sort((a, b) => time(a.settled_at) - time(b.settled_at))) {
    const at = time(deed.settled_at), last = talks.at(-1), speaking = Boolean(last) && last.to === null;
    if (ended !== null && at >= ended) break;
    if (SPEAKS.has(deed.verb) && !speaking) talks.push({ from: time(deed.requested_at) < answered ? answered : at, to: null });
    else if (QUIET.has(deed.verb) && speaking) last.to = at;
  }
  return talks.map(({ from, to }) => ({ from, to: to ?? ended }));
}

/** A leg that was answered: talking while somebody is there, else it hears us (a greeting, a menu, ringing). */
function conversation(answered, ended, talks) {
  const blocks = [];
  let at = answered; // until here it is told; null: for good
  for (const { from, to } of talks) {
    const begin = Math.max(from, answered), end = to === null ? ended : Math.min(to, ended ?? Infinity);
    if ((ended !== null && begin >= ended) || (end !== null && end <= at)) continue;
    if (begin > at) blocks.push({ kind: "wait", from: at, to: begin });
    blocks.push({ kind: "talk", from: Math.max(begin, at), to: end });
    at = end;
    if (at === null) return blocks;
  }
  if (ended === null || at < ended) blocks.push({ kind: "wait", from: at, to: ended });
  return blocks;
}

/** The drawing of a call as it is at `now` (ms, server's clock); `wide`: px; `alarms`, `bots`: what the server tells beside the call itself. */
export function timeline(call, now, { wide = WIDE, alarms = [], bots = [] } = {}) {
  const legs = call.legs.filter((leg) => leg.started_at || leg.answered_at || leg.ended_at);
  const start = Date.parse(call.started_at ?? legs[0]?.started_at ?? new Date(now).toISOString());
  const end = Math.max(call.ended_at ? Date.parse(call.ended_at) : now, start + 1000), total = end - start;
  const x = (at) => LEFT + Math.max(0, Math.min(1, (at - start) / total)) * (wide - LEFT - 24);
  const bottom = TOP + legs.length * STEP + 2;
  const parts = [patterns()];
  for (const at of ticks(total)) {
    parts.push(svg("path", { class: "tick", d: `M${x(start + at)} 14V${bottom}` }),
      svg("text", { class: "axis", x: x(start + at), y: 9, "text-anchor": at ? "middle" : "start" }, clock(at)));
  }
  parts.push(svg("path", { class: "nowline", d: `M${x(end)} 14V${bottom}` }),
    svg("text", { class: "axis now", x: x(end), y: 9, "text-anchor": "middle" }, clock(total)));
  const marks = marksOf(call.actions, alarms);
  for (const { at, look, words } of marks) {
    const mark = look === "act" ? `M${x(at)} 12.500l3 3.500-3 3.500-3-3.500z` : `M${x(at)} 12l4 7.500h-8z`;
    parts.push(svg("path", { class: look === "act" ? "act" : `alarm is-${look}`, d: mark }, svg("title", {}, words)));
  }
  blocksOf(legs, call.actions, botsOf(call, bots)).forEach((blocks, place) => {
    const y = TOP + place * STEP + 4, leg = legs[place];
    parts.push(svg("text", { class: "party", x: 0, y: y + 9 }, short(partyOf(leg))));
    for (const { kind, from, to } of blocks) {
      const a = x(from), open = to === null && !call.ended_at, b = x(to ?? end);
      parts.push(svg("rect", { class: `b ${kind}`, x: a, y, width: Math.max(2, b - a), height: HIGH, rx: 2 }));
      if (open) parts.push(svg("rect", { class: `grow ${kind}`, x: b - 1, y, width: 15, height: HIGH }));
    }
    if (leg.ended_at && !call.ended_at) parts.push(svg("text", { ...beside(blocks, x, wide, legWord(leg)), class: "why", y: y + 9 }, legWord(leg)));
  });
  const talks = botsOf(call, bots).some(([, end]) => end === null);
  const words = legs.map((leg) => `${roleOf(leg)} ${partyOf(leg)} ${talks && leg.role === "caller" ? t`with a bot` : legWord(leg)}`).join("; ");
  return svg("svg", { class: "timeline t", viewBox: `0 0 ${wide} ${bottom + 2}`, role: "img", "aria-label": [`${t`Legs over time.`} ${words}`, ...marks.map((mark) => mark.words)].join(". ") }, ...parts);
}

/** Words on a leg that is over: behind its last block, or before the first if there is no room. */
function beside(blocks, x, wide, words) {
  const from = x(blocks[0]?.from ?? 0), to = x(blocks.at(-1)?.to ?? 0);
  const need = words.length * 5.5 + 12;
  return wide - to > need || from - LEFT < need ? { x: to + 6 } : { x: from - 6, "text-anchor": "end" };
}

function ticks(total) {
  const step = [10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200].map((s) => s * 1000).find((ms) => total / ms <= 4) ?? 14400000;
  const found = [];
  for (let at = 0; at < total * 0.88; at += step) found.push(at);
  return found;
}

const short = (name) => (name.length > 12 && name.includes(" ") && !name.startsWith("+") ? name.split(" ")[0] : name).slice(0, 14);

function patterns() {
  const fade = (kind) => svg("linearGradient", { id: `g-${kind}` },
    svg("stop", { class: `st ${kind}`, offset: 0 }), svg("stop", { class: `st ${kind} off`, offset: 1 }));
  return svg("defs", {}, ...["talk", "held", "wait", "ring", "bot"].map(fade),
    svg("pattern", { id: "p-ring", width: 4, height: 4, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, svg("path", { class: "pr", d: "M1 0v4" })),
    svg("pattern", { id: "p-held", width: 5, height: 5, patternUnits: "userSpaceOnUse" }, svg("path", { class: "ph", d: "M1.500 0v5" })));
}
