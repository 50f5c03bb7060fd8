// Where a call may go: which entries answer to what was typed, and in which order. Pure.

import { said, t } from "./say.js";

const NUMBER = /^\+[1-9]\d{7,14}$/;
const digits = (typed) => typed.replace(/[\s().\-/]/g, "");
const STATES = { available: t`free`, busy: t`busy`, away: t`away`, offline: t`offline`, "wrap-up": t`in wrap-up` };

/** What stands behind a name: {word, free}. */
export function availability(one) {
  if (one.kind !== "agent") return { word: said(one.why ?? ""), free: true };
  return { word: one.why ? said(one.why).charAt(0).toLowerCase() + said(one.why).slice(1) : STATES[one.state] ?? one.state, free: one.free };
}

/** Every word that was typed is the beginning of a word of its name or place. */
function answers(one, typed) {
  const said = `${one.name} ${one.where ?? ""}`.toLowerCase().split(/[\s,.\-()]+/);
  return typed.toLowerCase().split(/\s+/).filter(Boolean).every((word) => said.some((each) => each.startsWith(word)));
}

const CAPS = { me: t`You`, agent: t`People`, address: t`Directory`, line: t`Lines`, flow: t`Other applications`, number: t`Number` };

/**
 * The groups to show: [{cap, entries: [{id, to, name, where, word, free, off}]}], whoever is free first; `off` says why
 * an entry cannot be chosen. `choices`: as the server gave them.
 */
export function groups(choices, typed) {
  const found = (choices.destinations ?? []).filter((one) => answers(one, typed)).map((one) => ({ ...one, ...availability(one), to: "", off: "" }));
  found.sort((a, b) => Number(b.free) - Number(a.free) || (a.name < b.name ? -1 : 1));
  const number = numberOf(choices, typed);
  if (number) found.push(number);
  return Object.entries(CAPS).map(([kind, cap]) => ({ cap, entries: found.filter((one) => one.kind === kind) })).filter((group) => group.entries.length);
}

function numberOf(choices, typed) {
  const number = digits(typed);
  if (!/^\+?\d{3,}$/.test(number)) return null;
  const whole = NUMBER.test(number);
  const off = choices.external ? (whole ? "" : t`type + and the country code first`) : t`needs “Can transfer to numbers outside the directory”`;
  return { id: "", to: whole ? number : "", kind: "number", name: t`Call ${whole ? spaced(number) : typed}`, where: "", word: off || t`outside the directory`, free: !off, off };
}

/** +1 415 555 0123, for the eye: threes, and four at the end. */
export function spaced(number) {
  const code = /^\+(1|7)/.test(number) ? 2 : 3;
  const rest = number.slice(code), tail = rest.slice(-4), head = rest.slice(0, -4);
  return [number.slice(0, code), ...(head.match(/\d{1,3}/g) ?? []), tail].join(" ");
}

/** One step up or down among those that can be chosen; from nothing to the first or last. */
export function stepTo(entries, chosen, step) {
  const able = entries.filter((one) => !one.off);
  if (!able.length) return null;
  const place = able.findIndex((one) => same(one, chosen));
  if (place < 0) return step > 0 ? able[0] : able.at(-1);
  return able[Math.min(Math.max(place + step, 0), able.length - 1)];
}

export const same = (one, other) => Boolean(one && other) && one.kind === other.kind && one.id === other.id && one.to === other.to;
