// What a wish on many calls needs beside their number: what is heard, or where they go. Each has parts, fill(choices), look(), read(), clear(), missing(), first().

import { el, text } from "./dom.js";
import { secondsOf } from "./deeds.js";
import { said, t } from "./say.js";

const option = ([value, words]) => el("option", { value }, words);
const ofTheirs = ([value, words]) => option([value, said(words)]);
const labelled = (words, input) => el("label", {}, el("span", {}, words), input);
const byPick = (entries, picked) => entries?.find((one) => one.id === picked.value) ?? null;

/** Something of the library, or a text that is typed. */
export class Heard {
  constructor() {
    this.picked = el("select", { onchange: () => this.turn() });
    this.text = el("textarea", { rows: 3 });
    this.language = el("select", {});
    this.voice = el("select", {});
    this.meter = el("p", { class: "meter t" });
    this.write = el("div", {}, labelled(t`Text`, this.text), el("div", { class: "pair" }, labelled(t`Language`, this.language), labelled(t`Voice`, this.voice)), this.meter);
    this.text.addEventListener("input", () => this.measure());
    this.parts = [labelled(t`What is heard`, this.picked), this.write];
  }

  fill({ announcements, languages, voices, longest }) {
    const kept = this.picked.value;
    Object.assign(this, { announcements, longest });
    this.picked.replaceChildren(option(["", t`A text that I type`]), ...announcements.map((one) => option([one.id, `${one.name}, ${one.seconds} s`])));
    if (announcements.some((one) => one.id === kept)) this.picked.value = kept;
    this.language.replaceChildren(...languages.map(ofTheirs));
    this.voice.replaceChildren(option(["", t`that of the language`]), ...voices.map(ofTheirs));
    this.text.maxLength = longest;
    this.turn();
  }

  get entry() { return byPick(this.announcements, this.picked); }

  turn() {
    this.write.hidden = Boolean(this.entry);
    this.measure();
  }

  measure() {
    const words = this.text.value.trim();
    text(this.meter, t`${this.text.value.length} of ${this.longest} characters, about ${words ? secondsOf(words) : 0} s`);
  }

  read() {
    const { entry } = this;
    return entry ? { announcement: entry.id } : { text: this.text.value.trim(), language: this.language.value, voice: this.voice.value };
  }

  /** What to ask a plan for: what becomes of the legs does not depend on the words. */
  look() { return { ...this.read(), ...(this.entry ? {} : { text: this.text.value.trim() || "…" }) }; }
  clear() { this.text.value = ""; }
  missing() { return this.entry || this.text.value.trim() ? "" : t`Type what they hear, or choose it from the library.`; }
  first() { return this.text; }
}

/** A line's flow, or another application. */
export class Where {
  constructor() {
    this.picked = el("select", {});
    this.parts = [labelled(t`Where they go`, this.picked)];
  }

  fill({ destinations }) {
    this.destinations = destinations;
    this.picked.replaceChildren(option(["", destinations.length ? t`Choose` : t`There is none in the directory`]), ...destinations.map((one) => option([one.id, one.name])));
  }

  get entry() { return byPick(this.destinations, this.picked); }
  read() { return { destination: this.picked.value }; }
  look() { return this.entry ? this.read() : null; }
  clear() { this.picked.value = ""; }
  missing() { return this.entry ? "" : t`Choose where they go.`; }
  first() { return this.picked; }
}

export const none = { parts: [], entry: null, fill: () => {}, read: () => ({}), look: () => ({}), clear: () => {}, missing: () => "", first: () => null };
