// The legs of a call over time: one line a party, time to the right. What still goes on fades past the now line.

import { svg } from "./dom.js";
import { clock, legWord, partyOf, roleOf } from "./words.js";

const LEFT = 84, WIDE = 368, STEP = 22, TOP = 20, HIGH = 10;
const time = (iso) => (iso ? Date.parse(iso) : null);

/** The blocks of each leg: [{kind: ring|wait|talk|held, from, to}], ms; `to` null while it goes on. Pure. */
export function blocksOf(legs) {
  const met = meetings(legs);
  return legs.map((leg) => {
    const began = Date.parse(leg.started_at ?? leg.ringing_at ?? leg.answered_at ?? leg.ended_at);
    const answered = time(leg.answered_at), ended = time(leg.ended_at);
    const blocks = [];
    if (answered === null || answered > began) blocks.push({ kind: "ring", from: began, to: answered ?? ended });
    if (answered !== null) {
      const talks = leg.role === "caller" ? met : [{ from: answered, to: null }];
      blocks.push(...conversation(answered, ended, talks, leg.held));
    }
    return blocks.filter((block) => !Number.isNaN(block.from));
  });
}

/** When somebody else was connected: [{from, to}], merged, in order. Who listens is nobody to talk to. */
function meetings(legs) {
  const others = legs.filter((leg) => leg.role !== "caller" && leg.role !== "supervisor" && leg.answered_at);
  const times = others.map((leg) => ({ from: time(leg.answered_at), to: time(leg.ended_at) })).sort((a, b) => a.from - b.from);
  const merged = [];
  for (const each of times) {
    const last = merged.at(-1);
    if (!last || (last.to !== null && last.to < each.from)) merged.push({ ...each });
    else last.to = last.to === null || each.to === null ? null : Math.max(last.to, each.to);
  }
  return merged;
}

/** A leg that was answered: talking while somebody is there, else it hears us (a greeting, a menu, ringing). */
function conversation(answered, ended, talks, held) {
  const blocks = [];
  let at = answered; // until here it is told; null: for good
  for (const { from, to } of talks) {
    const begin = Math.max(from, answered), end = to === null ? ended : Math.min(to, ended ?? Infinity);
    if ((ended !== null && begin >= ended) || (end !== null && end <= at)) continue;
    if (begin > at) blocks.push({ kind: "wait", from: at, to: begin });
    blocks.push({ kind: held && end === null ? "held" : "talk", from: Math.max(begin, at), to: end });
    at = end;
    if (at === null) return blocks;
  }
  if (ended === null || at < ended) blocks.push({ kind: held && ended === null ? "held" : "wait", from: at, to: ended });
  return blocks;
}

/** The drawing of a call as it is at `now` (ms, server's clock); `wide`: px. */
export function timeline(call, now, wide = WIDE) {
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
  for (const action of call.actions.filter((each) => each.sent_at)) {
    const at = x(Date.parse(action.sent_at));
    parts.push(svg("path", { class: "act", d: `M${at} 12.500l3 3.500-3 3.500-3-3.500z` }));
  }
  blocksOf(legs).forEach((blocks, place) => {
    const y = TOP + place * STEP + 4, leg = legs[place];
    parts.push(svg("text", { class: "party", x: 0, y: y + 9 }, short(partyOf(leg))));
    for (const { kind, from, to } of blocks) {
      const a = x(from), open = to === null && !call.ended_at, b = x(to ?? end);
      parts.push(svg("rect", { class: `b ${kind}`, x: a, y, width: Math.max(2, b - a), height: HIGH, rx: 2 }));
      if (open) parts.push(svg("rect", { class: `grow ${kind}`, x: b - 1, y, width: 15, height: HIGH }));
    }
    if (leg.ended_at && !call.ended_at) parts.push(svg("text", { ...beside(blocks, x, wide, legWord(leg)), class: "why", y: y + 9 }, legWord(leg)));
  });
  const words = legs.map((leg) => `${roleOf(leg)} ${partyOf(leg)} ${legWord(leg)}`).join("; ");
  return svg("svg", { class: "timeline t", viewBox: `0 0 ${wide} ${bottom + 2}`, role: "img", "aria-label": `Legs over time. ${words}` }, ...parts);
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
  return svg("defs", {}, ...["talk", "held", "wait", "ring"].map(fade),
    svg("pattern", { id: "p-ring", width: 4, height: 4, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, svg("path", { class: "pr", d: "M1 0v4" })),
    svg("pattern", { id: "p-held", width: 5, height: 5, patternUnits: "userSpaceOnUse" }, svg("path", { class: "ph", d: "M1.500 0v5" })));
}
