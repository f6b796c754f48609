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

// ── files can't come back with a form whose session ended: it is asked for before they are sent ──
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.enctype !== "multipart/form-data" || form.hasAttribute("hx-post") || "sure" in form.dataset) return;
  event.preventDefault();
  const answer = await fetch("/api/v1/session", { headers: { accept: "application/json" } }).catch(() => null);
  if (!answer) {
    complain(form, document.body.dataset.unsent);
  } else if (answer.status === 401) {
    form.dispatchEvent(new CustomEvent("session-ended", { bubbles: true }));
  } else {
    form.dataset.sure = "";
    form.requestSubmit(event.submitter);
    delete form.dataset.sure;
  }
});

// ── work that takes time: a form that was sent says so and is not sent twice ──
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  const button = event.submitter;
  if (button && button.dataset.busy) {
    button.dataset.idle = button.textContent;
    window.setTimeout(() => { button.disabled = true; button.textContent = button.dataset.busy; }, 0);
  }
});

// ── what could not be sent, or outlived its session, says so where it was pressed and may be sent again ──
function complain(at, text, link) {
  const place = at.closest(".confirm, .panel, main") || document.querySelector("main");
  const note = place.querySelector("[data-complaint]") || document.createElement("div");
  note.className = "note bad";
  note.dataset.complaint = "";
  note.tabIndex = -1;
  note.setAttribute("role", "alert");
  const line = document.createElement("p");
  line.textContent = text;
  note.replaceChildren(line);
  if (link) { note.dataset.ended = ""; note.append(link); }
  place.prepend(note);
  note.focus();
  for (const button of place.querySelectorAll("button[data-idle]")) {
    button.disabled = false;
    button.textContent = button.dataset.idle;
  }
}
for (const kind of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(kind, (event) => complain(event.target, document.body.dataset.unsent));
}
document.addEventListener("session-ended", (event) => {
  const link = document.createElement("a");
  link.href = "/sign-in?next=/signed-in";
  link.target = "_blank";
  link.rel = "noopener";
  link.className = "button";
  link.textContent = document.body.dataset.signIn;
  complain(event.target, document.body.dataset.session, link);
});
async function renew() {
  const answer = await fetch("/api/v1/session", { headers: { accept: "application/json" } });
  if (!answer.ok) return;
  const { csrf } = await answer.json();
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRF-Token": csrf }));
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = csrf;
  for (const note of document.querySelectorAll("[data-complaint][data-ended]")) note.remove();
}
window.addEventListener("focus", () => {
  if (document.querySelector("[data-ended]")) renew().catch(() => {});  // no network: the note stays and says so
});
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });

// ── what changes by itself is fetched again, unless somebody is at work in it; a page that could not be is
// marked as old. This does not count as somebody's doing: an idle session still ends ──
const PAUSE = 30000;
async function refresh() {
  const parts = [...document.querySelectorAll("[data-live]")];
  if (!parts.length || document.hidden || document.querySelector("dialog[open]")) return;
  const stale = document.getElementById("stale");
  try {
    const headers = { accept: "text/html", "qianyun-unattended": "true" };
    const answer = await fetch(window.location.href, { headers, redirect: "manual" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of parts) {
      const fresh = page.getElementById(part.id);
      if (!fresh || part.contains(document.activeElement)) continue;
      part.replaceWith(fresh);
      window.htmx.process(fresh);
    }
    stale.hidden = true;
  } catch {
    stale.hidden = false;
  }
}
window.setInterval(refresh, PAUSE);
document.addEventListener("qianyun:refresh", refresh);
