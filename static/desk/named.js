// Named views: beside those that everybody has. Kept on the server, for oneself or shared with a team.

import { read, write } from "./asked.js";
import { byId, el, set, text } from "./dom.js";
import { said, t } from "./say.js";
import { ask } from "./wish.js";

/** `asked()`: what the list shows; `asks(change)`: show this; `you()`: whose teams a view can be shared with. */
export class Named {
  constructor({ asked, asks, you }) {
    Object.assign(this, { asked, asks, you, views: [] });
    this.dialog = byId("view");
    byId("view-keep").addEventListener("click", () => this.open());
    byId("view-form").addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    byId("view-cancel").addEventListener("click", () => this.dialog.close());
    byId("view-delete").addEventListener("click", () => this.send(`/desk/views/${this.changed.id}/delete/`, {}));
    byId("views").addEventListener("click", (event) => {
      const view = this.views.find(({ id }) => String(id) === event.target.closest("[data-saved]")?.dataset.saved);
      if (view) asks(read(view.query));
    });
  }

  async begin() {
    const { ok, body } = await ask("/desk/views/");
    if (ok) this.show(body.views);
  }

  show(views) {
    this.views = views;
    byId("views").querySelectorAll("[data-saved]").forEach((old) => old.remove());
    byId("views").append(...views.map((view) => el("button", { type: "button", "data-saved": view.id, title: view.by ? t`Shared by ${view.by}` : null }, view.name)));
    this.draw();
  }

  /** The one that the list shows, if it is one of them. */
  get current() {
    const query = write(this.asked());
    return this.views.find((view) => write(read(view.query)) === query) ?? null;
  }

  draw() {
    const { current } = this;
    for (const tab of byId("views").querySelectorAll("[data-saved]")) set(tab, "aria-current", String(current?.id) === tab.dataset.saved ? "true" : null);
    text(byId("view-keep"), current?.yours ? t`Change “${current.name}” …` : t`Keep this view …`);
  }

  open() {
    const { current } = this, teams = Object.entries(this.you()?.teams ?? {});
    this.changed = current?.yours ? current : null;
    text(byId("view-title"), this.changed ? t`Change the view` : t`Keep this view`);
    byId("view-name").value = this.changed?.name ?? "";
    byId("view-team").replaceChildren(el("option", { value: "" }, t`Nobody: it is mine`), ...teams.map(([id, { name }]) => el("option", { value: id }, name)));
    byId("view-team").value = String(this.changed?.team ?? "");
    byId("view-delete").hidden = !this.changed;
    text(byId("view-oops"), "");
    this.dialog.showModal();
    byId("view-name").focus();
  }

  save() {
    const fields = { name: byId("view-name").value, team: byId("view-team").value };
    if (this.changed) this.send(`/desk/views/${this.changed.id}/`, fields);
    else this.send("/desk/views/", { ...fields, query: write(this.asked()) });
  }

  async send(url, fields) {
    const { ok, body, message } = await ask(url, fields);
    if (ok) this.show(body.views);
    if (ok) this.dialog.close();
    else text(byId("view-oops"), said(message));
  }

  forget() {
    this.show([]);
    this.dialog.close();
  }
}
