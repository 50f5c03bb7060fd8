// The popover of a wish that needs at most somebody and one more choice. What is harmless goes at once if there is nothing to choose.

import { verbOf } from "./deeds.js";
import { el } from "./dom.js";
import { legChoices } from "./effects.js";
import { Pop } from "./pop.js";
import { said, t } from "./say.js";

const AT_ONCE = new Set(["mute", "unmute", "resume", "monitor", "leave", "pause", "resume_recording", "front"]);
const WHOM = {
  hold: t`Who is put on hold`, resume: t`Who is taken off hold`, mute: t`Who is muted`, unmute: t`Who is unmuted`, kick: t`Who is removed`,
  whisper: t`Who hears you`, limit: t`Whose time is limited`,
};
const USUAL = { mute: "agent", unmute: "agent", kick: "agent", whisper: "agent" }; // as the server has it; else who comes first
/** On the button, of an agent by name and of anybody else by what they are. */
const DOES = {
  hold: [(name) => t`Hold ${name}`, (noun) => t`Hold the ${noun}`], mute: [(name) => t`Mute ${name}`, (noun) => t`Mute the ${noun}`],
  unmute: [(name) => t`Unmute ${name}`, (noun) => t`Unmute the ${noun}`], kick: [(name) => t`Remove ${name}`, (noun) => t`Remove the ${noun}`],
  whisper: [(name) => t`Whisper to ${name}`, (noun) => t`Whisper to the ${noun}`],
};
/** What else there may be to choose: by the name of the list in `choices`. `none`: what it is without. */
const LISTS = {
  announcements: { field: "announcement", label: t`Heard meanwhile`, none: t`Music` },
  queues: { field: "queue", label: t`Which queue` },
  destinations: { field: "destination", label: t`Where to` },
  languages: { field: "language", label: t`Language` },
  minutes: { field: "minutes", label: t`How long` },
  ways: { field: "mode", label: t`And then` },
};
const TITLES = { limit: t`Time limit`, move: t`Move to another queue` };
/** What there always is to choose. */
const ALWAYS = { hand_back: { ways: [["listen", t`I listen on`], ["leave", t`I leave the call`]] } };

export class Small extends Pop {
  titleOf(caller) { return `${TITLES[this.verb] ?? verbOf(this)}: ${caller}`; }

  body() {
    this.legs = el("fieldset", { class: "whom" });
    this.inputs = new Map();
    this.lists = el("div", { class: "lists" });
    return [this.legs, this.lists];
  }

  fill(draft) {
    const legs = this.choices.legs ?? [], may = legs.filter((leg) => leg.may), usual = may.find((leg) => leg.role === USUAL[this.verb]);
    this.leg = (may.find((leg) => leg.sid === draft.leg) ?? usual ?? may[0])?.sid ?? "";
    this.legs.hidden = !legs.length;
    this.legs.replaceChildren(el("legend", {}, WHOM[this.verb] ?? t`Who`), ...legChoices(`${this.verb}-leg`, legs, this.leg, (sid) => { this.leg = sid; this.keep(); }));
    this.inputs.clear();
    const lists = { ...this.choices, ...ALWAYS[this.verb] };
    if (this.verb === "limit" && this.call.beside?.limit_at) lists.minutes = [...lists.minutes, 0];
    for (const [name, { field, label, none }] of Object.entries(LISTS)) {
      if (lists[name]) this.inputs.set(field, [label, options(lists[name], none), !none]);
    }
    this.lists.hidden = !this.inputs.size;
    this.lists.replaceChildren(...[...this.inputs.values()].map(([label, input]) => el("label", { class: "text" }, el("span", {}, label), input)));
    for (const [field, [, input]] of this.inputs) if (draft[field]) input.value = draft[field];
    for (const label of this.lists.children) label.hidden = !label.querySelector("option");
    const first = this.legs.querySelector("input:checked") ?? this.lists.querySelector("label:not([hidden]) select");
    first?.setAttribute("data-first", "");
  }

  clear() {
    this.choices = null;
    this.leg = "";
    this.inputs.clear();
    for (const part of [this.legs, this.lists]) part.replaceChildren();
  }

  draft() { return { leg: this.leg, ...this.chosen() }; }
  chosen() { return Object.fromEntries([...this.inputs].map(([field, [, input]]) => [field, input.value]).filter(([, value]) => value)); }

  fields() {
    if (!this.choices || (this.choices.legs && !this.leg)) return null;
    const missing = [...this.inputs.values()].some(([, input, needed]) => needed && !input.value);
    return missing ? null : { ...(this.leg ? { leg: this.leg } : {}), ...this.chosen() };
  }

  words() {
    const whom = this.choices?.legs?.find((leg) => leg.sid === this.leg);
    const empty = [...(this.inputs?.values() ?? [])].some(([, input, needed]) => needed && !input.options.length);
    const hint = empty ? t`There is nothing to choose from yet: it is entered in the administration.` : this.choices?.legs && !this.leg ? t`It cannot be done to anybody on this call now.` : t`Choose: what happens to each leg is shown here first.`;
    const [byName, byRole] = DOES[this.verb] ?? [];
    const named = whom && byName && (whom.role === "agent" ? byName(whom.name.split(" ")[0]) : byRole(said(whom.name).toLowerCase()));
    return { hint, send: named || this.picked() || verbOf(this) };
  }

  /** With what was chosen from the list, where that says more than the verb alone. */
  picked() {
    const shown = (field) => this.inputs?.get(field)?.[1].selectedOptions[0]?.text ?? "";
    if (this.verb === "move") return shown("queue") && t`Move to ${shown("queue")}`;
    if (this.verb === "limit") return this.inputs?.get("minutes")?.[1].value === "0" ? t`Lift the limit` : t`Limit to ${shown("minutes")}`;
    return "";
  }

  /** Harmless, and nothing to choose: it is sent as if the popover had been opened and sent. True if it needs none. */
  async atOnce(call, wish, choices) {
    const may = (choices.legs ?? []).filter((leg) => leg.may);
    const once = AT_ONCE.has(this.verb) || (this.verb === "whisper" && choices.there); // else one's telephone rings first
    if (!once || may.length > 1 || (choices.legs && !may.length)) return false;
    const fields = may.length ? { leg: may[0].sid } : {}, plan = await wish.plan(fields);
    if (!plan?.ok || !plan.body.allowed || plan.body.warnings.length) return false;
    const answer = await wish.send(fields);
    if (!answer.ok) this.result(call.id, answer.message, true);
    return true;
  }
}

/** Of {id, name, seconds}, [code, name], or a number of minutes. */
function options(list, none) {
  const named = list.map((one) => {
    if (typeof one === "number") return el("option", { value: one }, one ? t`${one} minutes` : t`No limit any more`);
    const { id, name, seconds } = Array.isArray(one) ? { id: one[0], name: said(one[1]) } : one;
    return el("option", { value: id }, seconds ? `${name}, ${seconds} s` : name);
  });
  return el("select", {}, none && el("option", { value: "" }, none), ...named);
}
