// What a plan does to each leg, drawn: letter, name, fate. As a table in a dialog, as a list in a popover.

import { fateOf } from "./deeds.js";
import { el, icon } from "./dom.js";
import { said } from "./say.js";
import { letterOf, roleOf } from "./words.js";

const letter = (effect) => el("span", { class: "leg" }, letterOf(effect));
const nameOf = (effect) => said(effect.name) || roleOf(effect); // somebody's, or the role as the server says it

/** Rows of leg, now, then. */
export function fateRows(effects) {
  return effects.map((effect) => {
    const [word, glyph] = fateOf(effect);
    return el("tr", {}, el("th", { scope: "row" }, letter(effect), nameOf(effect)), el("td", {}, said(effect.now)),
      el("td", { class: effect.fate }, icon(glyph), el("b", {}, `${word}:`), ` ${said(effect.then)}`));
  });
}

/** Items of a list: each effect, then what has to be known before. */
export function fateItems(plan) {
  const effects = plan.effects.map((effect) => {
    const [word, glyph] = fateOf(effect);
    return el("li", { class: effect.fate }, letter(effect), el("b", {}, nameOf(effect)),
      el("span", {}, icon(glyph), el("b", {}, `${word}:`), ` ${said(effect.then)}`));
  });
  return [...effects, ...plan.warnings.map((words) => noteItem(said(words)))];
}

export function noteItem(words) {
  return el("li", { class: "warn" }, icon("attention"), el("span", {}, words));
}

/** The fieldset of legs: who is moved, who hears it. One that may not be chosen says why. */
export function legChoices(name, legs, chosen, changed) {
  return legs.map((leg) => el("label", { class: leg.may ? "" : "is-off" },
    el("input", { type: "radio", name, value: leg.sid, checked: leg.sid === chosen, disabled: !leg.may, onchange: () => changed(leg.sid) }),
    el("b", {}, said(leg.name)), leg.why && el("span", {}, said(leg.why))));
}
