// The popover of a wish: what to choose, what it would do, Send. It stands beside the call and stays as it is when rows move.
// What there is to choose, and in which words, is up to transfer.js, announce.js and small.js.

import { el, icon, set, text } from "./dom.js";
import { fateItems, noteItem } from "./effects.js";
import { said, t } from "./say.js";
import { Wish } from "./wish.js";
import { callerOf, everMay, whyNot } from "./words.js";

const REST = 150; // ms without a key pressed before the plan is asked for
// Who will be heard, or is taken away: the first thing under the hand is to leave it.
const HARM = new Set(["barge", "kick"]);
const narrow = matchMedia("(max-width: 899px)");
const unfolded = (list) => CSS.supports("selector(:open)") && list.matches(":open");

/** `now()`, `result(id, sentence, failed)` as for every wish; `beside(id)`: is this the call in the drawer? A kind of popover has: verb, body, fill(), fields(), words(). */
export class Pop {
  constructor(hooks) {
    Object.assign(this, hooks, { call: null, drafts: new Map() });
    const id = this.verb;
    this.title = el("h2", { id: `${id}-title`, tabindex: -1 });
    this.cancel = el("button", { class: "btn", type: "button", onclick: () => this.close() }, t`Cancel`, el("kbd", {}, "Esc"));
    this.effects = el("ul", { class: "effects", "aria-live": "polite" });
    this.said = el("p", { class: "oops", role: "alert", hidden: true });
    this.password = el("input", { type: "password", autocomplete: "current-password" });
    this.ask = el("label", { class: "text", hidden: true }, el("span", {}, t`Your password`), this.password);
    this.send = el("button", { class: "btn primary" });
    this.place = el("dialog", { class: "pop", id, "aria-labelledby": `${id}-title` },
      el("div", { class: "pop-head" }, this.title, el("button", { class: "icon", type: "button", "aria-label": t`Close`, onclick: () => this.close() }, icon("close"))),
      el("form", { onsubmit: (event) => { event.preventDefault(); this.go(); } }, ...this.body(), this.effects, this.ask, this.said,
        el("div", { class: "pop-foot" }, this.cancel, this.send)));
    this.place.addEventListener("keydown", (event) => event.key === "Escape" && (event.preventDefault(), event.stopPropagation(), this.close()));
    this.title.addEventListener("keydown", (event) => event.key === "Enter" && this.go()); // where there is nothing to choose
    // Of itself a list does nothing with it, unless it is unfolded: then it takes what is marked there.
    this.place.addEventListener("keydown", (event) => event.key === "Enter" && event.target.matches("select") && !unfolded(event.target) && (event.preventDefault(), this.go()));
    this.place.addEventListener("cancel", (event) => { event.preventDefault(); this.close(); });
    this.place.addEventListener("input", (event) => event.target === this.password || this.keep());
    document.body.append(this.place);
  }

  get open() { return this.call !== null; }

  /** Sent without a popover? Unless a kind says otherwise, nothing is. */
  async atOnce() { return false; }

  async show(call, button) {
    if (this.opening || this.open) return;
    this.opening = true;
    const wish = new Wish(call.id, this.verb), answer = await wish.choices();
    const sent = answer.ok && this.beside(call.id) && (await this.atOnce(call, wish, answer.body));
    this.opening = false;
    if (sent || !this.beside(call.id)) return; // another call was opened meanwhile
    if (!answer.ok) return this.result(call.id, answer.message, true);
    Object.assign(this, { call, button, wish, choices: answer.body, plan: null, sending: false, shape: call.shape, blocked: "" });
    text(this.title, this.titleOf(callerOf(call)));
    this.complain("");
    this.fill(this.drafts.get(call.id) ?? {});
    if (narrow.matches) this.place.showModal();
    else this.place.show();
    (HARM.has(this.verb) ? this.cancel : this.place.querySelector("[data-first]") ?? this.title).focus();
    this.look(0);
  }

  close() {
    if (!this.open) return;
    const { button } = this;
    this.call = this.wish = this.plan = null;
    clearTimeout(this.timer);
    this.password.value = "";
    this.ask.hidden = true;
    this.place.close();
    this.clear();
    this.drawn = null;
    this.effects.replaceChildren();
    text(this.title, "");
    if (button?.isConnected) button.focus();
  }

  /** Nobody is here any more: nothing of what was typed is kept. */
  forget() {
    this.drafts.clear();
    this.close();
  }

  /** What was typed and chosen comes back when the popover is opened again on the same call. */
  keep() {
    if (!this.open) return;
    this.drafts.set(this.call.id, this.draft());
    this.look(REST);
  }

  /** The call as the board has it now (null: not ours any more), and whether that is old. */
  update(call, you, stale) {
    if (!this.open) return;
    if (!call || !everMay(you, this.verb)) { this.drafts.delete(this.call.id); return this.close(); }
    const blocked = whyNot(you, this.verb, call, stale, this.now()), moved = call.shape !== this.shape;
    this.call = call;
    this.shape = call.shape;
    if (moved || (this.blocked && !blocked)) this.look(0);
    this.blocked = blocked;
    this.draw();
  }

  // What would happen -------------------------------------------------------------------------------------------------

  look(rest) {
    clearTimeout(this.timer);
    this.plan = null;
    this.trouble = "";
    this.timer = setTimeout(() => this.preview(), rest);
    this.draw();
  }

  async preview() {
    const fields = this.fields();
    if (!fields) return this.draw();
    const answer = await this.wish.plan(fields);
    if (!answer || !this.open) return;
    if (answer.ok) this.plan = answer.body;
    this.trouble = answer.ok ? "" : answer.message;
    this.draw();
  }

  draw() {
    const chosen = this.fields(), words = this.words();
    this.tell(this.plan ?? (chosen ? this.trouble : words.hint), chosen);
    set(this.effects, "aria-busy", String(Boolean(chosen && !this.plan)));
    const ready = Boolean(chosen && this.plan?.allowed && !this.blocked && !this.sending);
    set(this.send, "disabled", !ready);
    const label = this.sending ? t`Sending …` : words.send, key = words.key ?? "Enter";
    if (this.label !== `${label} ${key}`) this.send.replaceChildren(label, el("kbd", {}, key));
    this.label = `${label} ${key}`;
    if (this.blocked) this.complain(this.blocked, true);
    else if (this.complained) this.complain("");
  }

  /** A plan, a failure to get one, or what to do first. While a plan is on its way the last one stays; nothing is drawn twice. */
  tell(news, chosen) {
    if (!news || news === this.drawn) return;
    this.drawn = news;
    if (news.effects) this.effects.replaceChildren(...fateItems(news), ...news.refusals.map((each) => noteItem(said(each.message))));
    else this.effects.replaceChildren(chosen ? noteItem(news) : el("li", { class: "hint" }, news));
  }

  complain(sentence, passing = false) {
    this.complained = passing;
    this.said.hidden = !sentence;
    if (this.said.textContent !== sentence) this.said.replaceChildren(...(sentence ? [icon("attention"), el("span", {}, sentence)] : []));
  }

  // Send --------------------------------------------------------------------------------------------------------------

  async go() {
    const fields = this.fields();
    if (!fields || !this.plan?.allowed || this.blocked || this.sending) return;
    const { wish, call } = this;
    if (this.password.value) fields.password = this.password.value;
    this.sending = true;
    this.complain("");
    this.draw();
    const answer = await wish.send(fields);
    this.sending = false;
    // The dialog may be gone, but not the wish: what was not done is said all the same.
    if (this.wish !== wish) return answer.ok ? undefined : this.result(call.id, answer.message, true);
    if (answer.ok) {
      this.drafts.delete(call.id);
      return this.close();
    }
    this.complain(answer.message);
    if (answer.body?.code === "step_up") {
      this.ask.hidden = false;
      this.password.value = "";
      this.password.focus();
    }
    // The call has changed, or a wish is over: what the next one would do is asked anew.
    if (answer.status === 412 || answer.body?.action) this.look(0);
    else this.draw();
  }
}
