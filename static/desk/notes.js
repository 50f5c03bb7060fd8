// Notes and tags of the open call. What is typed stays until the server has kept it: over a lost line, another call, a page loaded again.

import { byId, el, icon, text } from "./dom.js";
import { some, t } from "./say.js";
import { ask, newKey } from "./wish.js";
import { moment, timeOfDay } from "./words.js";

/** `you()`: whose words they are; `failed(id, sentence)`: of a call that is not open any more. */
export class Notes {
  constructor({ you, failed }) {
    Object.assign(this, { you, failed, id: null, drawn: "", sending: new Set() });
    this.field = byId("note");
    this.field.addEventListener("input", () => { keep(this.place, { text: this.field.value, key: newKey() }); this.oops(""); });
    this.field.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.send());
    byId("note-form").addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    byId("tag").addEventListener("focus", () => this.suggest());
    byId("tag-form").addEventListener("submit", (event) => { event.preventDefault(); this.tag({ word: byId("tag").value }); });
    byId("d-tags").addEventListener("click", (event) => {
      const remove = event.target.closest("[data-tag]")?.dataset.tag;
      if (remove) this.tag({ remove });
    });
  }

  /** Where the words of this person on this call are kept. */
  get place() { return `livedesk.note.${this.you()?.user?.id}.${this.id}`; }

  show(id) {
    if (this.id === id) return;
    this.forget();
    this.id = id;
    this.field.value = kept(this.place).text ?? "";
    this.field.readOnly = this.sending.has(id);
    if (this.field.value) byId("d-noted").hidden = byId("note-form").hidden = false; // before the server has told what else there is
  }

  /** Nothing of the call is left on the page; what was typed comes back with it. */
  forget() {
    this.id = null;
    this.field.value = byId("tag").value = this.drawn = "";
    byId("d-noted").hidden = true;
    for (const place of ["d-notes", "d-tags", "tag-words"]) byId(place).replaceChildren();
    this.oops("");
  }

  draw(notes, tags, may) {
    const told = JSON.stringify([notes, tags, may]);
    if (told === this.drawn) return; // not under who is about to press
    this.drawn = told;
    byId("d-noted").hidden = !may && !notes.length && !tags.length;
    byId("note-form").hidden = byId("tag-form").hidden = !may;
    text(byId("d-notes-count"), notes.length ? some(notes.length, "{0} note", "{0} notes") : "");
    byId("d-notes").replaceChildren(...notes.map(noteItem));
    byId("d-tags").replaceChildren(...tags.map((tag) => tagItem(tag, may)));
    byId("d-tags").hidden = !tags.length;
  }

  async send() {
    const { id, place } = this, draft = { key: newKey(), ...kept(place), text: this.field.value };
    if (this.sending.has(id)) return;
    if (!draft.text.trim()) { this.oops(t`Write something first.`); return this.field.focus(); }
    this.hold(id, true);
    const { ok, status, body, message } = await ask(`/calls/${id}/notes/`, { text: draft.text }, draft.key);
    this.hold(id, false);
    if (ok) keep(place, null);
    const why = status ? message : t`The desk cannot be reached. Your words stay here: send them again when it can.`;
    if (this.id !== id) return ok || this.failed(id, `${t`Your note is not kept yet: open the call to send it again.`} ${status ? message : ""}`);
    if (!ok) return this.oops(why);
    this.field.value = "";
    this.oops("");
    this.told(body);
  }

  hold(id, busy) {
    if (busy) this.sending.add(id);
    else this.sending.delete(id);
    if (this.id === id) this.field.readOnly = busy;
  }

  async tag(fields) {
    const { id } = this, { ok, status, body, message } = await ask(`/calls/${id}/tags/`, fields);
    if (this.id !== id) return ok || this.failed(id, message);
    this.oops(ok ? "" : status ? message : t`The desk cannot be reached: the tags are as they were.`);
    if (!ok) return;
    if (fields.word) byId("tag").value = "";
    this.told(body);
    byId("tag").focus();
    this.suggest();
  }

  /** What the server answered to one's own deed is shown at once; the board's next news says the same. */
  told(news) {
    const [notes, tags, may] = JSON.parse(this.drawn || "[[],[],true]");
    this.draw(news.notes ?? notes, news.tags ?? tags, may);
  }

  async suggest() {
    const { id } = this, { ok, body } = await ask(`/calls/${id}/tags/`);
    if (ok && this.id === id) byId("tag-words").replaceChildren(...body.suggested.map((value) => el("option", { value })));
  }

  oops(sentence) {
    text(byId("note-oops"), sentence);
  }
}

function noteItem({ at, who, text: words }) {
  const lines = words.split("\n").flatMap((line, place) => (place ? [el("br"), line] : [line]));
  return el("li", {}, el("p", {}, ...lines), el("span", {}, `${who}, `, el("time", { class: "t", datetime: at, title: moment(at) }, timeOfDay(at))));
}

function tagItem(tag, may) {
  return el("li", { class: "word" }, tag, may && el("button", { class: "icon", type: "button", "data-tag": tag, "aria-label": t`Take off ${tag}` }, icon("close")));
}

// Of this tab alone, and only if the browser lets it.
function kept(place) {
  try { return JSON.parse(sessionStorage.getItem(place)) ?? {}; } catch { return {}; }
}

function keep(place, draft) {
  try {
    if (draft?.text) sessionStorage.setItem(place, JSON.stringify(draft));
    else sessionStorage.removeItem(place);
  } catch { /* then it stays as long as the drawer is on this call */ }
}
