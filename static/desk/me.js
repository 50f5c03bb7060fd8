// Preferences: which key does what, as one chooses it. Kept is only what differs from the usual.

import { byId, el, set, text } from "./dom.js";
import { DEEDS, GROUPS, clash } from "./keymap.js";
import { t } from "./say.js";

const lettered = DEEDS.filter(({ key }) => key);
const kept = JSON.parse(byId("own-keys").value || "{}");
const fields = new Map(lettered.map((deed) => [deed, el("input", { class: "own-key", id: `key-${deed.name}`, maxlength: 3, autocomplete: "off", autocapitalize: "off", spellcheck: "false", oninput: look })]));

function fill(chosen) {
  for (const [deed, field] of fields) field.value = (chosen[deed.name] ?? deed.key).toUpperCase();
  look();
}

/** "gq" is as good as "g q". */
const typed = (field) => [...field.value.toLowerCase().replaceAll(/\s/g, "")].slice(0, 2).join(" ");

function look() {
  const other = (deed) => [...fields].find(([each, field]) => each !== deed && clash(typed(field), typed(fields.get(deed))))?.[0];
  const twice = lettered.filter(other), odd = lettered.filter((deed) => !/^([!-~]( [!-~])?)?$/.test(typed(fields.get(deed))));
  for (const [deed, field] of fields) set(field, "aria-invalid", twice.includes(deed) || odd.includes(deed) ? "true" : null);
  const [one] = twice, why = one ? t`One key for two things: “${one.words}” and “${other(one).words}”.` : odd.length ? t`A key is a letter, a digit or a sign of a plain keyboard.` : "";
  text(byId("key-trouble"), why);
  for (const field of fields.values()) field.setCustomValidity(why);
  byId("own-keys").value = JSON.stringify(Object.fromEntries([...fields].map(([deed, field]) => [deed.name, typed(field)]).filter(([name, key]) => key !== usual(name))));
  byId("usual-keys").hidden = byId("own-keys").value === "{}";
}

const usual = (name) => lettered.find((deed) => deed.name === name).key;

for (const [group, deeds] of Map.groupBy(lettered, (deed) => deed.group)) {
  byId("key-fields").append(el("section", {}, el("h2", {}, GROUPS[group]), ...deeds.map((deed) =>
    el("label", { for: `key-${deed.name}` }, fields.get(deed), el("span", {}, deed.words)))));
}
byId("usual-keys").addEventListener("click", () => fill({}));
// What was chosen for this browser alone gives way to what is kept for all of them.
byId("me").addEventListener("submit", () => localStorage.removeItem("livedesk.theme"));
fill(kept);
