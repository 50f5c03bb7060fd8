// One letter, one thing; never while somebody types, and never together with Ctrl, Alt or Meta.

/** `deeds` maps a key to what it does. */
export function listen(deeds) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (typing && event.key !== "Escape") return;
    if (document.querySelector("dialog:modal") || event.target.closest?.("dialog")) return; // a dialog has keys of its own
    const deed = deeds[event.key];
    // Enter on a button or a link is that button's.
    if (!deed || (event.key === "Enter" && event.target.closest?.("button, a, summary"))) return;
    event.preventDefault();
    deed();
  });
}
