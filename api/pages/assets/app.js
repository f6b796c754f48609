// Small behaviours of all pages; each page works without it. No inline script, no eval (CSP).
"use strict";

// ── dialogs: a confirmation that htmx brought is shown as a modal; Escape closes it ──
document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.target.closest && event.target.closest("dialog");
  if (dialog && !dialog.open) dialog.showModal();
});
document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close]");
  if (!closer) return;
  const dialog = closer.closest("dialog");
  if (dialog) { event.preventDefault(); dialog.close(); dialog.replaceChildren(); }
});

// ── a form that failed: its summary takes the focus ──
function focusSummary(root) {
  const summary = root.querySelector("[data-summary]");
  if (summary) summary.focus();
}
document.addEventListener("htmx:afterSettle", (event) => focusSummary(event.target));
document.addEventListener("DOMContentLoaded", () => {
  focusSummary(document);
  // the menu is open on a wide screen and folds on a phone
  const menu = document.querySelector(".rail details");
  if (menu && window.matchMedia("(max-width: 860px)").matches) menu.open = false;
});

// ── filters send themselves; a choice of language or theme too ──
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form && event.target.matches("select")) form.requestSubmit();
});

// ── work that takes time: a form that was sent says so and is not sent twice ──
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  const button = event.submitter;
  if (button && button.dataset.busy) {
    window.setTimeout(() => { button.disabled = true; button.textContent = button.dataset.busy; }, 0);
  }
});
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
