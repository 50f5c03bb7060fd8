// In the drawer: the caller's number in full, for who may see it and asks, and the caller's calls before this one.

import { byId, el, icon, text } from "./dom.js";
import { t } from "./say.js";
import { ask } from "./wish.js";
import { isOutbound, lasting, stateOf, timeOfDay } from "./words.js";

/** `told()` when there is something new to draw; `failed(id, sentence)`. */
export class Caller {
  constructor({ told, failed }) {
    Object.assign(this, { told, failed, id: null, number: "" });
    byId("reveal").addEventListener("click", () => this.reveal());
  }

  /** Asked once for each call that is opened. */
  async show(id) {
    if (this.id === id) return;
    this.forget();
    this.id = id;
    const { ok, body } = await ask(`/calls/${id}/earlier/`);
    if (!ok || this.id !== id) return;
    byId("reveal").hidden = !body.reveal;
    byId("d-earlier").hidden = !body.calls.length;
    text(byId("d-earlier-count"), t`${body.calls.length} in the last 24 hours`);
    byId("d-earlier-calls").replaceChildren(...body.calls.map(line));
  }

  async reveal() {
    const { id } = this, { ok, body, message } = await ask(`/calls/${id}/reveal/`, {});
    if (this.id !== id) return;
    if (!ok) return this.failed(id, message);
    this.number = body.caller;
    byId("reveal").hidden = true;
    this.told();
  }

  /** Nothing of anybody stays on the page. */
  forget() {
    Object.assign(this, { id: null, number: "" });
    byId("reveal").hidden = byId("d-earlier").hidden = true;
    byId("d-earlier-calls").replaceChildren();
  }
}

function line(call) {
  const lasted = call.ended_at && call.started_at ? `, ${lasting(call.started_at, call.ended_at, 0)}` : "";
  return el("li", {}, el("time", { class: "t" }, timeOfDay(call.started_at)), icon(isOutbound(call) ? "out" : "in"),
    el("a", { class: "link", href: `/calls/${call.id}/` }, `${stateOf(call).word}${lasted}`), el("span", {}, [call.line, call.agent].filter(Boolean).join(", ")));
}
