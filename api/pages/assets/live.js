// A run as it goes: one sequence number for page and stream, so that a cut loses and repeats nothing.
"use strict";

(() => {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  const log = document.querySelector("#log ol");
  const box = document.querySelector("#log");
  const told = document.querySelector("#told");
  const MOST = 2000; // lines in the page; the rest is asked for by search
  const SEATS = 4; // tabs that hold a stream at once; browsers allow six connections a host over HTTP/1.1
  const SIP = 8000; // ms after which a tab without a seat looks again
  let following = true;
  let last = Date.now();
  let source, leave, waiting;

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

  // The streams of all tabs together leave connections for pages: a tab holds one of the seats while it is
  // seen; without one it opens its stream for a moment now and then, and goes on at its cursor each time.
  async function seat() {
    if (!navigator.locks) return true; // plain http on another name than loopback's
    for (let n = 0; n < SEATS; n += 1) {
      const got = await new Promise((answer) => {
        navigator.locks.request(`qianyun-live-${n}`, { ifAvailable: true }, (lock) => {
          answer(Boolean(lock));
          return lock ? new Promise((free) => { leave = free; }) : undefined;
        });
      });
      if (got) return true;
    }
    return false;
  }
  async function start() {
    if (waiting || (source && source.readyState !== EventSource.CLOSED)) return;
    live.dataset.seat = "asked";
    const mine = await seat();
    live.dataset.seat = mine ? "held" : "sip";
    if (document.hidden) { stop(); return; }
    open();
    if (mine) return;
    const enough = () => { source.close(); waiting = window.setTimeout(() => { waiting = 0; start(); }, SIP); };
    source.addEventListener("state", enough, { once: true });
    source.addEventListener("error", enough, { once: true });
  }
  function stop() {
    if (source) source.close();
    if (leave) leave();
    window.clearTimeout(waiting);
    source = leave = undefined;
    waiting = 0;
  }
  document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); else start(); });
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", (event) => { if (event.persisted) start(); });
  start();
})();
