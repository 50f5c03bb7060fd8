// Small hands for building and changing elements. Text is always text.

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
  element.append(...children.filter((child) => child || child === 0));
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
  if (element.textContent !== value) element.textContent = value;
}

export function icon(name, more = "") {
  return svg("svg", { class: `i ${more}`.trim(), "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

export const hiddenText = (words) => el("span", { class: "vh" }, words);
export const byId = (id) => document.getElementById(id);
