// All that are shown: a dialog that says which calls they are, asks for their number, sends one wish for all, and tells how far it came.

import { byId, el, icon, set, text } from "./dom.js";
import { draw as drawFar, watch } from "./far.js";
import { Heard, Where, none } from "./heard.js";
import { aloneWords, byWords, calls, endsWords, filterWords, grouped, lastOfOthers, leftWords, linesOf, looked, misfit, overWords, refusal, refusals, statesOf, takes, theirsWords, verbsOf } from "./many.js";
import { said, some, t } from "./say.js";
import { ask } from "./wish.js";

const SOME = 5; // different reasons
const AROUND = 3000; // ms between two looks at whether somebody else is at it
const REST = 300; // ms without a change before plans are asked for
const CLOSELY = 100; // calls at most that are named for it: the server looks at fewer
const WORDS = {
  announce: {
    word: t`Announce`, what: t`The callers hear it, and go on where they were.`, far: (made, total) => t`Announce: ${made} of ${total}`,
    asks: (count) => some(count, "Announce to {1} call?", "Announce to all {1} calls?", grouped(count)),
    does: (count) => some(count, "Announce to {1} call", "Announce to {1} calls", grouped(count)),
  },
  redirect: {
    word: t`Redirect`, what: t`The callers leave for another line or application.`, far: (made, total) => t`Redirect: ${made} of ${total}`,
    asks: (count) => some(count, "Redirect {1} call?", "Redirect all {1} calls?", grouped(count)),
    does: (count) => some(count, "Redirect {1} call", "Redirect {1} calls", grouped(count)),
  },
  end: {
    word: t`End`, what: t`Everybody on them is hung up.`, far: (made, total) => t`End: ${made} of ${total}`,
    asks: (count) => some(count, "End {1} call?", "End all {1} calls?", grouped(count)),
    does: (count) => some(count, "End {1} call", "End {1} calls", grouped(count)),
  },
};
const BEFORE = { far: (made, total) => t`On many: ${made} of ${total}` }; // the first look tells which wish it is

/** `shown()`: the ids that are shown and live; `callOf(id)`, `you()`, `off()` (why nothing can be sent), `now()`; `filter()`: {asked, team} in words. */
export class All {
  constructor(hooks) {
    Object.assign(this, hooks, { bulk: null, theirs: null, slot: "bulk", noticed: "", asking: false, choices: new Map(), fields: { announce: new Heard(), redirect: new Where(), end: none } });
    this.dialog = byId("many");
    this.button = byId("all-shown");
    this.button.addEventListener("click", () => this.open());
    this.other = byId("all-theirs");
    this.other.addEventListener("click", () => this.theirs && !this.dialog.open && this.far("theirs"));
    byId("many-ask").addEventListener("submit", (event) => { event.preventDefault(); this.go(); });
    byId("many-fields").addEventListener("input", () => { this.look(); this.update(); });
    for (const id of ["many-cancel", "many-close"]) byId(id).addEventListener("click", () => this.dialog.close());
    byId("many-stop").addEventListener("click", () => this.stop());
    this.dialog.addEventListener("close", () => this.closed());
    const { bulk } = document.body.dataset; // one of mine that was under way when the page was loaded
    if (bulk) this.follow("bulk", { id: bulk });
    this.lookAround();
  }

  // The button --------------------------------------------------------------------------------------------------------

  get verbs() { return verbsOf(this.you(), this.known); }

  draw() {
    const { bulk } = this, count = this.shown().length, off = bulk ? "" : this.off();
    this.button.hidden = !bulk && (!count || !this.verbs.length);
    text(this.button, bulk ? (WORDS[bulk.verb] ?? BEFORE).far(bulk.made ?? 0, bulk.total ?? "…") : some(count, "The one shown …", "All {1} shown …", grouped(count)));
    set(this.button, "aria-disabled", off ? "true" : null);
    set(this.button, "title", off || null);
    set(this.button, "aria-description", off || null);
    this.other.hidden = this.theirs?.made === undefined;
    if (this.theirs) text(this.other, theirsWords(this.theirs));
    if (this.asks) this.update();
  }

  /** Somebody else does to a call what can be done to many: they may be doing it to many. */
  notice(calls) {
    const last = lastOfOthers(calls, this.you()?.user);
    if (last <= this.noticed || this.theirs || this.asking) return;
    this.noticed = last;
    this.lookAround();
  }

  /** At most one question in a while: of many wishes the next one asks again. */
  async lookAround() {
    this.asking = true;
    const { ok, body } = await ask("/bulk/now/");
    if (ok && body.bulk && !this.theirs) this.follow("theirs", body.bulk);
    setTimeout(() => { this.asking = false; this.told(); }, AROUND);
  }

  get asks() { return this.dialog.open && !byId("many-ask").hidden; }

  open() {
    if (this.dialog.open) return;
    if (this.bulk) return this.far("bulk");
    const ids = this.shown(), off = this.off(), { verbs } = this;
    if (!ids.length || !verbs.length) return;
    if (off) return this.result(null, off, true);
    this.choices.clear();
    Object.assign(this, { ids, first: ids.length, sending: false, plan: null });
    byId("many-count").value = "";
    this.complain("");
    this.turn(verbs.includes(this.verb) ? this.verb : verbs[0]);
    byId("many-verbs").replaceChildren(el("legend", { class: "vh" }, t`What is done`), ...verbs.map((verb) => this.choice(verb)));
    byId("many-far").hidden = !(byId("many-ask").hidden = false);
    this.dialog.showModal();
    byId("many-verbs").querySelector(":checked").focus();
    this.dialog.scrollTop = 0;
    this.look();
    this.update();
  }

  choice(verb) {
    return el("label", {}, el("input", { type: "radio", name: "many-verb", value: verb, checked: verb === this.verb, onchange: () => this.turn(verb) }),
      el("b", {}, WORDS[verb].word), el("span", {}, WORDS[verb].what));
  }

  /** Another thing is to be done: what there is to choose for it is asked for once. */
  async turn(verb) {
    Object.assign(this, { verb, plan: null });
    this.complain("");
    byId("many-fields").replaceChildren(...this.fields[verb].parts);
    if (this.dialog.open) { this.look(); this.update(); }
    if (this.choices.has(verb)) return;
    const answer = await ask(`/bulk/${verb}/`);
    if (answer.ok) {
      this.choices.set(verb, answer.body);
      this.fields[verb].fill(answer.body);
    }
    if (this.verb !== verb || !this.asks) return;
    if (!answer.ok) this.complain(said(answer.message));
    this.look();
    this.update();
  }

  /** What it would do to the first of them, once nothing has been changed for a moment. */
  look() {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const { verb, ids } = this, fields = this.fields[verb].look();
      if (!fields || !this.asks) return;
      const question = { ...fields, calls: ids.slice(0, CLOSELY).join(",") }, asked = JSON.stringify([verb, question]);
      if (this.plan && this.asked === asked) return;
      this.asked = asked;
      const answer = await ask(`/bulk/${verb}/plan/`, question);
      if (this.asked !== asked || !this.asks) return;
      this.plan = answer.ok ? answer.body : null;
      this.say();
    }, REST);
  }

  // What it is about --------------------------------------------------------------------------------------------------

  get meant() { return this.ids.map((id) => this.callOf(id)).filter(Boolean); }

  /** Whoever is not shown any more is left out; nobody joins who was not there when the dialog was opened. */
  update() {
    if (!this.verbs.includes(this.verb)) return this.dialog.close();
    const still = new Set(this.shown()), count = this.ids.length;
    if (!this.off()) this.ids = this.ids.filter((id) => still.has(id)); // of an old picture nothing follows
    this.say();
    if (this.ids.length === count) return;
    this.heed(count);
    this.look();
  }

  /** What was typed and did fit does not any more: said at once, not only when it is sent. */
  heed(before) {
    const typed = byId("many-count").value.trim();
    if (typed && Number(typed) === before) this.complain(misfit(typed, this.ids.length));
  }

  say() {
    const { meant, verb, ids } = this, { asked, team } = this.filter(), choices = this.choices.get(verb), count = ids.length;
    const ends = verb === "end";
    text(byId("many-title"), WORDS[verb].asks(count));
    text(byId("many-what"), filterWords(asked, team));
    text(byId("many-states"), statesOf(meant));
    text(byId("many-lines"), linesOf(meant));
    text(byId("many-now"), String(count));
    text(byId("many-rate"), choices ? t`At most ${choices.rate} a second: ${takes(count, choices.rate)}. You can stop it.` : "");
    text(byId("many-go"), this.sending ? t`Sending …` : WORDS[verb].does(count));
    set(byId("many-go"), "class", ends ? "btn danger" : "btn primary");
    set(byId("many-go"), "disabled", this.sending || !choices || Boolean(this.stands(choices))); // what there is to choose is on its way
    this.note(choices);
  }

  /** Why it cannot be sent whatever is typed; "" if it can. */
  stands(choices) {
    const count = this.ids.length, off = this.off();
    if (off) return off;
    if (!count) return t`None of them is shown any more: nothing is left to do.`;
    if (choices && count > choices.most) return t`That is more than ${calls(choices.most)} at once: narrow the list by its filter.`;
    return this.refused().reduce((sum, [, each]) => sum + each, 0) === count ? t`All of them would be refused.` : "";
  }

  refused() {
    const { verb, plan, fields } = this, you = this.you(), now = this.now();
    return refusals(this.meant, (call) => refusal(verb, call, fields[verb].entry, plan, you, now));
  }

  note(choices) {
    const refused = this.refused(), more = refused.slice(SOME).reduce((sum, [, count]) => sum + count, 0);
    const notes = [
      this.stands(choices), leftWords(this.first, this.ids.length), this.verb === "end" ? "" : endsWords(this.meant, this.plan),
      ...refused.slice(0, SOME).map(([why, count]) => some(count, "{1} call would be refused. {2}", "{1} calls would be refused. {2}", grouped(count), why)),
      more && some(more, "{1} call would be refused for other reasons.", "{1} calls would be refused for other reasons.", grouped(more)),
      aloneWords(this.meant), looked(this.ids.length, this.plan),
    ].filter(Boolean);
    const told = notes.join("\n");
    if (told !== this.noted) byId("many-notes").replaceChildren(...notes.map((words) => el("li", {}, icon("attention"), el("span", {}, words))));
    this.noted = told;
  }

  complain(sentence, where = "many-oops") {
    const place = byId(where);
    place.hidden = !sentence;
    if (place.textContent !== sentence) place.replaceChildren(...(sentence ? [icon("attention"), el("span", {}, sentence)] : []));
  }

  // Send --------------------------------------------------------------------------------------------------------------

  async go() {
    const { verb, ids } = this, choices = this.choices.get(verb), fields = this.fields[verb], typed = byId("many-count").value.trim();
    if (this.sending || !choices) return;
    const why = this.stands(choices) || fields.missing() || misfit(typed, ids.length);
    this.complain(why);
    if (why) return (fields.missing() ? fields.first() : byId("many-count")).focus();
    this.sending = true;
    this.say();
    const answer = await ask(`/bulk/${verb}/`, { ...fields.read(), calls: ids.join(","), count: typed }, choices.key);
    this.sending = false;
    if (answer.ok) {
      fields.clear();
      this.follow("bulk", answer.body);
      if (this.dialog.open) this.far("bulk");
    } else if (this.asks) {
      this.complain(said(answer.message));
      this.say();
    } else this.result(null, said(answer.message), true);
  }

  // How far it came ---------------------------------------------------------------------------------------------------

  /** `slot`: "bulk" is mine, "theirs" somebody else's. */
  follow(slot, bulk) {
    this[slot] = bulk;
    watch(bulk.id, (told) => this.heard(slot, told), () => this[slot]?.id === bulk.id);
  }

  heard(slot, bulk) {
    this[slot] = bulk;
    if (this.dialog.open && !this.asks && this.slot === slot) this.drawFar();
    else if (bulk.over) this.done(slot);
    this.told();
  }

  far(slot) {
    this.slot = slot;
    byId("many-ask").hidden = !(byId("many-far").hidden = false);
    byId("problems").replaceChildren();
    this.complain("", "many-trouble");
    this.drawFar();
    if (!this.dialog.open) this.dialog.showModal();
    byId("many-title").focus();
  }

  drawFar() {
    const bulk = this[this.slot];
    if (bulk.total === undefined) return; // found on the way in: the first look tells
    text(byId("many-title"), WORDS[bulk.verb].does(bulk.total));
    text(byId("many-what"), byWords(bulk));
    drawFar(bulk);
    set(byId("many-page"), "href", `/bulk/${bulk.id}/`);
    byId("many-on").hidden = bulk.over;
    const stop = byId("many-stop"), had = document.activeElement === stop;
    stop.hidden = !bulk.runs || !bulk.may_stop;
    if (had && stop.hidden) byId("many-close").focus();
  }

  async stop() {
    const { slot } = this, answer = await ask(`/bulk/${this[slot].id}/stop/`, {});
    if (answer.ok) this.heard(slot, answer.body);
    else this.complain(said(answer.message), "many-trouble");
  }

  closed() {
    if (this.dialog.open) return; // told late: it is open again
    if (this[this.slot]?.over) this[this.slot] = null; // it was seen
    this.told();
  }

  /** Over while nobody looked: what went wrong is said, and who stopped it. */
  done(slot) {
    const bulk = this[slot], words = slot === "bulk" && overWords(bulk);
    this[slot] = null;
    if (words) this.result(null, `${WORDS[bulk.verb].does(bulk.total)}: ${words}`, true);
  }

  /** Nobody is here any more: nothing of it stays on the page. */
  forget() {
    this.bulk = this.theirs = null;
    this.dialog.close();
    for (const each of Object.values(this.fields)) each.clear();
    for (const part of ["title", "what", "states", "lines", "notes", "fields"]) byId(`many-${part}`).replaceChildren();
    byId("problems").replaceChildren();
  }
}
