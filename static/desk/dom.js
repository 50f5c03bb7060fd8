// Small hands for building and changing elements. Text is always text.

import { t } from "./say.js";

const SVG = "http://www.w3.org/2000/svg";

/** el("div", {class: "x", hidden: true, onclick: f}, "text", child, …); false, null and undefined are left out. */
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else set(element, name, value);
  }
  const shown = children.filter((child) => child || child === 0);
  element.append(...shown.map((child) => (typeof child === "string" ? visible(child) : child)));
  return element;
}

/** Set an attribute only if it changes: a write that changes nothing still costs a style pass. */
export function set(element, name, value) {
  const wanted = value === true ? "" : value === false || value === null || value === undefined ? null : String(value);
  if (element.getAttribute(name) === wanted) return;
  if (wanted === null) element.removeAttribute(name);
  else element.setAttribute(name, wanted);
}

export function text(element, value) {
  const shown = visible(value);
  if (element.textContent !== shown) element.textContent = shown;
}

// Control characters, and those that turn the direction of what follows: a name must not dress up as another one.
const TRICKS = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

export function visible(words) {
  return words.replace(TRICKS, "\ufffd");
}

export function icon(name, more = "") {
  return svg("svg", { class: `i ${more}`.trim(), "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

export const hiddenText = (words) => el("span", { class: "vh" }, words);
export const byId = (id) => document.getElementById(id);

/** A button that puts a SID on the clipboard. */
export function copyable(sid) {
  const button = el("button", { class: "icon", type: "button", "aria-label": t`Copy ${sid}`, onclick: async () => {
    await navigator.clipboard?.writeText(sid);
    button.replaceChildren(icon("check"));
    setTimeout(() => button.replaceChildren(icon("copy")), 1500);
  } }, icon("copy"));
  return button;
}
