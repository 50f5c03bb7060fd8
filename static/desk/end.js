// End: a dialog that says what ends, a few seconds to take it back, then one request; the effect is a frame's business.

import { byId, el, icon, set, text } from "./dom.js";
import { fateRows } from "./effects.js";
import { said, t } from "./say.js";
import { Wish } from "./wish.js";
import { callerOf, roleOf } from "./words.js";

const ORDER = ["caller", "agent", "external", "consult", "bot", "supervisor"];

/** `stale()`: is the picture old? `told()`: something pending changed; `result(id, sentence, failed)`: say it. */
export class End {
  constructor({ stale, told, result }) {
    Object.assign(this, { stale, told, result });
    this.seconds = Number(document.body.dataset.cancelSeconds ?? 3);
    this.waiting = new Map(); // call id → {until, element, echo, timer}
    this.dialog = byId("end");
    byId("end-cancel").addEventListener("click", () => this.dialog.close());
    byId("end-go").addEventListener("click", () => this.go());
  }

  /** Ask what there is to end, and show what would happen. Nothing is sent yet. */
  async open(call) {
    if (this.asking || this.dialog.open || this.waiting.has(call.id)) return;
    this.asking = true;
    const wish = new Wish(call.id, "end"), answer = await wish.choices();
    if (answer.ok) {
      this.wish = wish;
      this.legs = answer.body.targets.filter((each) => each.role).length;
      this.targets = answer.body.targets.sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role)); // the whole call has no role
      await this.look("call");
    }
    this.asking = false;
    if (!answer.ok || this.trouble) return this.result(call.id, answer.ok ? this.trouble : answer.message, true);
    const one = this.legs < 2; // of a call with one leg there is nothing to choose
    text(byId("end-title"), one ? said(this.plan.title) : t`End what, for ${callerOf(call)}?`);
    byId("end-outs").hidden = one;
    byId("end-outs").replaceChildren(el("legend", { class: "vh" }, t`What ends`), ...this.targets.map((target) => this.choice(target, call)));
    text(byId("end-grace"), this.seconds ? t`You can take it back for ${this.seconds} s after pressing.` : t`It is sent at once.`);
    this.dialog.showModal();
    byId("end-cancel").focus();
  }

  choice({ target, name, role }, call) {
    const whole = target === "call", caller = role === "caller", { legs } = this;
    const all = legs === 2 ? t`Both legs end` : t`All ${legs} legs end`;
    const words = target === "room" ? t`Everybody leaves it` : whole ? all : caller ? callerOf(call) : roleOf({ role });
    return el("label", {}, el("input", { type: "radio", name: "end-target", value: target, checked: target === this.target, onchange: () => this.look(target) }),
      el("b", {}, role ? legOf({ name, role }) : said(name)), el("span", {}, words));
  }

  /** What the end of this target would do to every leg. */
  async look(target) {
    this.target = target;
    this.plan = null;
    byId("end-go").disabled = true;
    const answer = await this.wish.plan({ target });
    if (!answer) return; // another one was chosen meanwhile
    this.trouble = answer.ok ? "" : answer.message;
    this.plan = answer.ok ? answer.body : null;
    const named = this.targets.find((each) => each.target === target);
    const notes = this.plan ? [...this.plan.refusals.map((each) => each.message), ...this.plan.warnings].map(said) : [this.trouble];
    this.deed = deedOf(named);
    text(byId("end-what"), this.deed.asks);
    byId("end-fate").replaceChildren(...fateRows(this.plan?.effects ?? []));
    byId("end-notes").replaceChildren(...notes.map((words) => el("li", {}, icon("attention"), el("span", {}, words))));
    text(byId("end-go"), this.deed.end);
    set(byId("end-go"), "disabled", !this.plan?.allowed);
  }

  go() {
    if (!this.plan?.allowed) return;
    const { wish, target, deed } = this, { id } = wish;
    this.dialog.close();
    if (this.stale()) return this.result(id, t`Not sent: what you see is not current.`, true);
    if (!this.seconds) return this.send(wish, target);
    const element = this.chip(id, deed), echo = this.chip(id, deed);
    const armed = { until: performance.now() + this.seconds * 1000, element, echo };
    const tick = () => {
      const ms = armed.until - performance.now();
      for (const chip of [element, echo]) text(chip.querySelector("em"), ` ${Math.max(1, Math.ceil(ms / 1000))} s `);
      if (ms > 0) return;
      this.undo(id);
      if (this.stale()) return this.result(id, t`Not sent: the desk lost its connection while waiting.`, true);
      this.send(wish, target);
    };
    armed.timer = setInterval(tick, 200);
    this.waiting.set(id, armed);
    tick();
    this.told();
  }

  chip(id, deed) {
    const undo = el("button", { class: "link", type: "button", onclick: () => this.undo(id) }, t`Undo`);
    return el("span", { class: "chip is-armed", title: deed.ends }, icon("end"), t`Ends in`, el("em", { class: "t" }), undo);
  }

  /** Taken back (or about to be sent): nothing is pending any more. */
  undo(id) {
    clearInterval(this.waiting.get(id)?.timer);
    this.waiting.delete(id);
    this.told();
  }

  /** Calls that ended by themselves need no wish any more; `lives(id)` tells. Returns the ids that had one. */
  drop(lives) {
    const dropped = [...this.waiting.keys()].filter((id) => !lives(id));
    for (const id of dropped) this.undo(id);
    return dropped;
  }

  /** Nobody is here any more: no dialog, nothing pending, no words. */
  forget() {
    this.drop(() => false);
    this.dialog.close();
    for (const part of ["title", "outs", "what", "fate", "notes"]) byId(`end-${part}`).replaceChildren();
  }

  cancelLast() {
    const id = [...this.waiting.keys()].at(-1);
    if (id) this.undo(id);
  }

  /** What to show of a wish that can still be taken back: one element for the row, its echo for the drawer. */
  pendingOf(id, which = "element") {
    return this.waiting.get(id)?.[which] ?? null;
  }

  async send(wish, target) {
    const answer = await wish.send({ target });
    // What was accepted shows itself in frames; only what was not has to be said.
    if (!answer.ok) this.result(wish.id, answer.message, true);
  }
}

const nounOf = (name) => said(name).toLowerCase();
const legOf = ({ name, role }) => (role === "agent" ? t`${name}’s leg` : t`The ${nounOf(name)}’s leg`);

/** The end of a target: over what it would do, on the button, and while it can still be taken back. */
function deedOf({ target, name, role }) {
  if (target === "call") return { asks: t`If you end the whole call`, end: t`End the call`, ends: t`Ends the call` };
  if (target === "room") return { asks: t`If you end the conference`, end: t`End the conference`, ends: t`Ends the conference` };
  if (role === "agent") return { asks: t`If you end ${name}’s leg only`, end: t`End ${name}’s leg`, ends: t`Ends ${name}’s leg` };
  const noun = nounOf(name);
  return { asks: t`If you end the ${noun}’s leg only`, end: t`End the ${noun}’s leg`, ends: t`Ends the ${noun}’s leg` };
}
