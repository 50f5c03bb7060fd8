// End: a dialog that names what ends, a few seconds to take it back, then one request; the effect is a frame's business.

import { byId, el, icon, text } from "./dom.js";
import { letterOf, roleOf } from "./words.js";

/** `stale()`: is the picture old? `told()`: something pending changed; `result(id, sentence, failed)`: say it. */
export class End {
  constructor({ stale, told, result }) {
    Object.assign(this, { stale, told, result });
    this.seconds = Number(document.body.dataset.cancelSeconds ?? 3);
    this.waiting = new Map(); // call id → {left, element}
    this.dialog = byId("end");
    byId("end-cancel").addEventListener("click", () => this.dialog.close());
    byId("end-go").addEventListener("click", () => this.go());
  }

  /** Ask what would happen, and show it. Nothing is sent yet. */
  async open(call) {
    if (this.asking || this.dialog.open || this.waiting.has(call.id)) return;
    this.asking = true;
    const answer = await ask(`/calls/${call.id}/end/plan/?target=call`);
    this.asking = false;
    if (!answer.ok) return this.result(call.id, answer.message, true);
    const plan = answer.body;
    this.asked = { id: call.id, shape: plan.shape, key: globalThis.crypto.randomUUID?.() ?? plan.key };
    text(byId("end-title"), plan.title);
    byId("end-fate").replaceChildren(...plan.effects.map(fate));
    byId("end-notes").replaceChildren(...[...plan.refusals.map((each) => each.message), ...plan.warnings].map((words) =>
      el("li", {}, icon("attention"), el("span", {}, words))));
    byId("end-go").disabled = !plan.allowed;
    text(byId("end-grace"), this.seconds ? `You can take it back for ${this.seconds} s after pressing.` : "It is sent at once.");
    this.dialog.showModal();
    byId("end-cancel").focus();
  }

  go() {
    const { id, shape, key } = this.asked;
    this.dialog.close();
    if (this.stale()) return this.result(id, "Not sent: what you see is not current.", true);
    if (!this.seconds) return this.send(id, shape, key);
    const element = this.chip(id), echo = this.chip(id);
    const wish = { until: performance.now() + this.seconds * 1000, element, echo };
    const tick = () => {
      const ms = wish.until - performance.now();
      for (const chip of [element, echo]) text(chip.querySelector("em"), ` ${Math.max(1, Math.ceil(ms / 1000))} s `);
      if (ms > 0) return;
      this.undo(id);
      if (this.stale()) return this.result(id, "Not sent: the desk lost its connection while waiting.", true);
      this.send(id, shape, key);
    };
    wish.timer = setInterval(tick, 200);
    this.waiting.set(id, wish);
    tick();
    this.told();
  }

  chip(id) {
    const undo = el("button", { class: "link", type: "button", onclick: () => this.undo(id) }, "Undo");
    return el("span", { class: "chip is-armed" }, icon("end"), "Ends in", el("em", { class: "t" }), undo);
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
    for (const part of ["title", "fate", "notes"]) byId(`end-${part}`).replaceChildren();
  }

  cancelLast() {
    const id = [...this.waiting.keys()].at(-1);
    if (id) this.undo(id);
  }

  /** What to show of a wish that can still be taken back: one element for the row, its echo for the drawer. */
  pendingOf(id, which = "element") {
    return this.waiting.get(id)?.[which] ?? null;
  }

  async send(id, shape, key) {
    const answer = await ask(`/calls/${id}/end/`, { target: "call", shape }, key);
    // What was accepted shows itself in frames; only what was not has to be said.
    if (!answer.ok) this.result(id, answer.message, true);
  }
}

function fate(effect) {
  const goes = effect.fate === "goes";
  return el("tr", {}, el("th", { scope: "row" }, el("span", { class: "leg" }, letterOf(effect)), effect.name || roleOf(effect)),
    el("td", {}, effect.now), el("td", { class: goes ? "goes" : "stays" }, icon(goes ? "close" : "check"), effect.then));
}

/** GET, or POST with fields. Returns {ok, body, message}: every failure is a sentence. */
async function ask(url, fields, key) {
  const headers = { Accept: "application/json" };
  const options = { headers, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(20000) };
  if (fields) {
    headers["X-CSRFToken"] = document.querySelector("input[name=csrfmiddlewaretoken]").value;
    headers["Idempotency-Key"] = key;
    Object.assign(options, { method: "POST", body: new URLSearchParams(fields) });
  }
  try {
    const answer = await fetch(url, options);
    if (answer.redirected) location.assign("/sign-in/");
    const body = await answer.json().catch(() => null);
    const message = body?.message ?? (answer.status === 404 ? "This call is not there any more." : `The desk answered ${answer.status}.`);
    return { ok: answer.ok && body !== null, body, message };
  } catch {
    const sent = fields ? "It may have been sent: watch the legs." : "Nothing was sent.";
    return { ok: false, body: null, message: `The desk cannot be reached. ${sent}` };
  }
}
