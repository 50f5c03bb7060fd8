// The wishes that can be made on the open call: what this person may never do is not there, what cannot be done now says why.

import { byId, el, icon, set } from "./dom.js";
import { everMay, whyNot } from "./words.js";

const VERBS = ["announce", "transfer", "redirect", "end"];

export class Verbs {
  /** `press(verb, button)`: one that can be pressed was. */
  constructor(press) {
    this.place = byId("verbs");
    this.why = byId("why");
    this.buttons = new Map(VERBS.map((verb) => [verb, byId(`verb-${verb}`)]));
    for (const [verb, button] of this.buttons) {
      button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && press(verb, button));
    }
  }

  button(verb) { return this.buttons.get(verb); }

  draw(call, you, stale, now, pending) {
    const reasons = new Map();
    for (const [verb, button] of this.buttons) {
      button.hidden = !everMay(you, verb);
      if (button.hidden) continue;
      const why = whyNot(you, verb, call, stale, now), off = why || (verb === "end" && pending);
      set(button, "aria-disabled", off ? "true" : null);
      set(button, "title", why || null);
      if (why) reasons.set(why, [...(reasons.get(why) ?? []), button.dataset.word]);
    }
    const shown = [...this.buttons.values()].filter((button) => !button.hidden);
    this.place.hidden = !shown.length;
    for (const set of this.place.querySelectorAll(".set")) set.hidden = !shown.some((button) => set.contains(button));
    // One reason for all of them needs no names.
    const lines = [...reasons].map(([why, words]) => (words.length === shown.length ? ["", why] : [`${words.join(", ")}: `, why]));
    const told = lines.map((line) => line.join("")).join("\n");
    if (told !== this.told) this.why.replaceChildren(...lines.map(([words, why]) => el("p", {}, words && el("b", {}, words), why)));
    this.told = told;
    this.why.hidden = !lines.length;
  }
}

/** A press on `button` asks `ask(id)`; what came of it is said in `place` if the call `open()` is the same one still. */
export function asking(button, place, open, ask) {
  button.addEventListener("click", async () => {
    if (button.disabled) return;
    const id = open();
    button.disabled = true;
    place.replaceChildren("Asking Twilio …");
    const { ok, message } = await ask(id);
    if (open() !== id) return; // place and button are another call's by now
    button.disabled = false;
    place.replaceChildren(icon(ok ? "check" : "attention"), message);
    set(place, "class", ok ? "verified" : "verified is-bad");
  });
}
