// A run as it goes: one sequence number for page and stream, so that a cut loses and repeats nothing.
"use strict";

(() => {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  const log = document.querySelector("#log ol");
  const box = document.querySelector("#log");
  const told = document.querySelector("#told");
  const MOST = 2000; // lines in the page; the rest is asked for by search
  let following = true;
  let last = Date.now();
  let source;

  const say = (name, value) => live.dataset[name].replace("{n}", value);

  function tick() {
    const seconds = Math.round((Date.now() - last) / 1000);
    told.className = seconds > 15 ? "live stale" : "live on";
    told.textContent = seconds > 15 ? say("stale", seconds) : say("fresh", seconds);
  }
  window.setInterval(tick, 1000);

  function heard() { last = Date.now(); tick(); }

  function line(data) {
    const row = document.createElement("li");
    if (data.tone) row.className = data.tone;
    for (const part of ["at", "of", "step", "said"]) {
      const span = document.createElement("span");
      span.className = part === "step" ? "of" : part;
      span.textContent = data[part];
      row.append(span);
    }
    return row;
  }

  function open() {
    source = new EventSource(`${live.dataset.live}&after=${encodeURIComponent(live.dataset.cursor)}`);
    source.addEventListener("lines", (event) => {
      heard();
      live.dataset.cursor = event.lastEventId;
      const rows = JSON.parse(event.data).map(line);
      if (log) {
        log.append(...rows);
        while (log.childElementCount > MOST) log.firstElementChild.remove();
        if (following) box.scrollTop = box.scrollHeight;
      }
    });
    source.addEventListener("state", (event) => {
      heard();
      const target = document.querySelector("#state");
      const open = document.activeElement && target.contains(document.activeElement) ? document.activeElement.id : "";
      window.htmx.swap(target, event.data, { swapStyle: "innerHTML" });
      if (open) { const again = document.getElementById(open); if (again) again.focus(); }
    });
    source.addEventListener("beat", heard);
    source.addEventListener("end", () => { source.close(); window.location.reload(); });
  }
  if (box) {
    box.scrollTop = box.scrollHeight;
    box.addEventListener("scroll", () => {
      following = box.scrollTop + box.clientHeight >= box.scrollHeight - 8;
      document.querySelector("#resume").hidden = following;
    });
    const resume = () => { following = true; box.scrollTop = box.scrollHeight; };
    document.querySelector("#resume").addEventListener("click", resume);
    document.addEventListener("keydown", (event) => {
      if (event.key === "End" && !event.target.closest("input, textarea, select")) resume();
    });
  }
  // browsers allow six connections a host over HTTP/1.1: a tab that nobody sees gives its own back
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { source.close(); } else { open(); }
  });
  window.addEventListener("pagehide", () => source.close());
  open();
})();
