// The wishes that can be made on the open call: what this person may never do is not there, what cannot be done now says why.

import { supervising } from "./beside.js";
import { GROUPS, SHORT, buttonsOf } from "./buttons.js";
import { verbOf } from "./deeds.js";
import { byId, el, icon, set } from "./dom.js";
import { deedFor } from "./keymap.js";
import { said, t } from "./say.js";
import { whyNot } from "./words.js";

const DOES = { monitor: "listening", whisper: "whispering", barge: "speaking" }; // what I do on the call already

export class Verbs {
  /** `known`: the verbs of this server; `press(verb, button)`: one that can be pressed was. */
  constructor(known, press) {
    this.known = new Set(known);
    this.place = byId("verbs");
    this.why = byId("why");
    this.buttons = new Map(known.map((verb) => [verb, this.make(verb, press)]));
    this.sets = GROUPS.map(([name, verbs]) => el("div", { class: "set", role: "group", "aria-label": name },
      el("h3", {}, name), el("div", {}, ...verbs.map((verb) => this.buttons.get(verb)))));
    this.more = el("button", { class: "verb more", type: "button", "aria-expanded": "false", onclick: () => this.unfold() }, t`More`);
    byId("d-consult").after(...this.sets);
    this.narrow = matchMedia("(max-width: 899px)");
    this.narrow.addEventListener("change", () => this.now && this.redraw());
  }

  make(verb, press) {
    const deed = deedFor(verb), words = SHORT[verb] ?? verbOf({ verb });
    const button = el("button", { class: verb === "end" ? "verb danger" : "verb", type: "button", id: `verb-${verb}`, "aria-describedby": "why", hidden: true },
      icon(verb), words, deed && el("kbd", { "data-key": deed.name }));
    button.dataset.word = verbOf({ verb });
    button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && press(verb, button));
    return button;
  }

  button(verb) { return this.buttons.get(verb); }
  /** The first of these that there is a button for. */
  first(verbs) { return verbs.find((verb) => this.buttons.get(verb)?.hidden === false); }

  /** All that make sense on the open call, the folded ones too, each with why not now ("" if it can be made). */
  offers() {
    if (!this.now) return [];
    const [call, you, stale, now, , can] = this.now;
    return buttonsOf(call, you, this.known, can).shown.map((verb) => ({ verb, why: whyNot(you, verb, call, stale, now) || said(can?.[verb] ?? "") }));
  }

  unfold() {
    set(this.more, "aria-expanded", String(this.more.getAttribute("aria-expanded") !== "true"));
    this.redraw();
  }

  /** `can`: why not, of each verb, as the server says; null as long as it has not. */
  draw(...now) {
    this.now = now;
    this.redraw();
  }

  redraw() {
    const [call, you, stale, now, pending, can] = this.now;
    const { shown, rare } = buttonsOf(call, you, this.known, can, this.narrow.matches), unfolded = this.more.getAttribute("aria-expanded") === "true";
    const focused = [...this.buttons.keys()].find((verb) => this.buttons.get(verb) === document.activeElement);
    const reasons = new Map(), mode = supervising(call, you).find((one) => one.mine)?.mode;
    for (const [verb, button] of this.buttons) {
      button.hidden = !shown.includes(verb) || (rare.includes(verb) && !unfolded);
      if (button.hidden) continue;
      const why = whyNot(you, verb, call, stale, now) || said(can?.[verb] ?? ""), off = why || (verb === "end" && pending);
      if (verb in DOES) set(button, "aria-pressed", DOES[verb] === mode ? "true" : null);
      set(button, "aria-disabled", off ? "true" : null);
      set(button, "title", why || null);
      if (why && button.getAttribute("aria-pressed") !== "true") reasons.set(why, [...(reasons.get(why) ?? []), button.dataset.word]);
    }
    this.fold(rare);
    this.place.hidden = !shown.length;
    for (const each of this.sets) each.hidden = !each.querySelector(".verb:not([hidden])");
    this.tell(reasons, shown.filter((verb) => !this.buttons.get(verb).hidden).length);
    if (focused && this.buttons.get(focused).hidden) this.lead(focused);
  }

  /** A button that went away leaves whoever stood on it with what its key does now, or else with the call. */
  lead(verb) {
    const next = this.first(deedFor(verb)?.verbs ?? []);
    (next ? this.button(next) : byId("d-caller")).focus();
  }

  /** "More" stands behind the last group that has something of it. */
  fold(rare) {
    this.more.hidden = !rare.length;
    const last = rare.length && this.buttons.get(rare.at(-1)).parentElement;
    if (last && last.lastElementChild !== this.more) last.append(this.more);
  }

  /** One reason for all of them needs no names. */
  tell(reasons, all) {
    const lines = [...reasons].map(([why, words]) => (words.length === all ? ["", why] : [`${words.join(", ")}: `, why]));
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
    place.replaceChildren(t`Asking Twilio …`);
    const { ok, message } = await ask(id);
    if (open() !== id) return; // place and button are another call's by now
    button.disabled = false;
    place.replaceChildren(icon(ok ? "check" : "attention"), message);
    set(place, "class", ok ? "verified" : "verified is-bad");
  });
}
