// Announce: something of the library, or a text that is typed; and who hears it.

import { el, icon, set, text } from "./dom.js";
import { secondsOf } from "./deeds.js";
import { legChoices } from "./effects.js";
import { Pop } from "./pop.js";
import { said, t } from "./say.js";

export class Announce extends Pop {
  constructor(hooks) { super({ ...hooks, verb: "announce" }); }

  titleOf(caller) { return t`Announce into the call of ${caller}`; }

  body() {
    const tab = (from, words) => el("button", { type: "button", "aria-pressed": "false", onclick: () => this.turn(from, true) }, words);
    this.tabs = { library: tab("library", t`From the library`), typed: tab("typed", t`Typed text`) };
    this.library = el("div", { class: "library", role: "radiogroup", "aria-label": t`Announcements` });
    this.text = el("textarea", { rows: 4, "aria-label": t`Text`, onkeydown: (event) => this.key(event) });
    this.language = el("select", {});
    this.voice = el("select", {});
    this.meter = [el("span"), el("span", {}, `${t`about`} `, el("b"))];
    this.write = el("div", { class: "write" }, this.text,
      el("div", { class: "pair" }, el("label", {}, el("span", {}, t`Language`), this.language), el("label", {}, el("span", {}, t`Voice`), this.voice)),
      el("p", { class: "meter t" }, ...this.meter));
    this.legs = el("fieldset", { class: "whom" });
    return [el("div", { class: "seg full", role: "group", "aria-label": t`What is heard` }, this.tabs.library, this.tabs.typed), this.library, this.write, this.legs];
  }

  fill(draft) {
    const { announcements, languages, voices, legs, longest } = this.choices;
    this.chosen = announcements.some((one) => one.id === draft.chosen) ? draft.chosen : "";
    this.library.replaceChildren(...announcements.map((one) => this.choice(one)));
    const option = ([value, words]) => el("option", { value }, said(words));
    this.language.replaceChildren(...languages.map(option));
    this.voice.replaceChildren(option(["", t`that of the language`]), ...voices.map(option));
    this.text.maxLength = longest;
    this.text.value = draft.text ?? "";
    if (draft.language) this.language.value = draft.language;
    if (draft.voice) this.voice.value = draft.voice;
    const may = legs.filter((leg) => leg.may), kept = may.find((leg) => leg.sid === draft.leg);
    this.leg = (kept ?? may.find((leg) => leg.role === "caller") ?? may[0])?.sid ?? "";
    this.legs.replaceChildren(el("legend", {}, t`Who hears it`), ...legChoices("announce-leg", legs, this.leg, (sid) => { this.leg = sid; this.keep(); }));
    set(this.tabs.library, "disabled", !announcements.length);
    this.turn(announcements.length ? draft.from ?? "library" : "typed", false);
  }

  choice(one) {
    return el("label", {}, el("input", { type: "radio", name: "announcement", value: one.id, checked: one.id === this.chosen, onchange: () => { this.chosen = one.id; this.keep(); } }),
      el("b", {}, one.name), el("em", { class: "t" }, `${one.seconds} s`), el("span", {}, one.text ? `${said(one.language)}: ${one.text}` : t`a recording`));
  }

  turn(from, chosen) {
    this.from = from;
    for (const [name, tab] of Object.entries(this.tabs)) {
      set(tab, "aria-pressed", String(name === from));
      set(tab, "data-first", null);
    }
    this.library.hidden = from !== "library";
    this.write.hidden = from !== "typed";
    for (const input of this.library.querySelectorAll("input")) set(input, "data-first", null);
    const first = from === "typed" ? this.text : this.library.querySelector("input:checked") ?? this.library.querySelector("input");
    set(this.text, "data-first", null);
    if (first) set(first, "data-first", "");
    if (chosen) { first?.focus(); this.keep(); }
    this.measure();
  }

  measure() {
    const length = this.text.value.length;
    text(this.meter[0], t`${length} of ${this.choices.longest} characters`);
    text(this.meter[1].lastElementChild, length ? `${secondsOf(this.text.value.trim())} s` : "0 s");
  }

  keep() {
    if (this.open) this.measure();
    super.keep();
  }

  clear() {
    this.text.value = this.chosen = "";
    this.choices = null;
    for (const part of [this.library, this.language, this.voice, this.legs]) part.replaceChildren();
  }

  draft() {
    return { from: this.from, chosen: this.chosen, text: this.text.value, language: this.language.value, voice: this.voice.value, leg: this.leg };
  }

  fields() {
    if (!this.choices || !this.leg) return null;
    if (this.from === "library") return this.chosen ? { announcement: this.chosen, target: this.leg } : null;
    const words = this.text.value.trim();
    return words ? { text: words, language: this.language.value, voice: this.voice.value, target: this.leg } : null;
  }

  words() {
    const typed = this.from === "typed", whom = this.choices?.legs.find((leg) => leg.sid === this.leg);
    const hint = !this.leg ? t`Nobody on this call can hear an announcement now.`
      : typed ? t`Type what is said: what happens to each leg is shown here first.` : t`Choose what is heard: what happens to each leg is shown here first.`;
    return { hint, send: whom ? sendTo(whom) : t`Announce`, key: typed ? "Ctrl Enter" : "Enter" };
  }

  /** Enter is a new line while one writes: half a sentence must not be heard by a caller. */
  key(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.go();
  }
}

function sendTo({ sid, role, name }) {
  if (sid === "room") return t`Announce to everybody`;
  return role === "agent" ? t`Announce to ${name.split(" ")[0]}` : t`Announce to the ${said(name).toLowerCase()}`;
}
