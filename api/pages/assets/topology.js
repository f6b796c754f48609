// The network on one canvas. Places come from the server (`layout: "none"`): nothing is laid out here.
"use strict";

(async () => {
  const chart = document.querySelector("[data-graph]");
  if (!chart) return;
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(`--${name}`).trim();
  const tones = { good: colour("good"), bad: colour("bad"), warn: colour("warn"), mute: colour("ink-3"), busy: colour("accent-text") };
  const symbols = { room: "rect", cloud: "roundRect", node: "circle", elsewhere: "diamond" };
  const answer = await fetch(chart.dataset.graph, { headers: { Accept: "application/json" } });
  if (!answer.ok) { chart.textContent = chart.dataset.failed; return; }
  const graph = await answer.json();
  const picture = window.echarts.init(chart, null, { renderer: "canvas" });
  // the picture keeps its own proportions, whatever the frame's
  const xs = graph.places.map((p) => p[4]), ys = graph.places.map((p) => p[5]);
  const wide = (Math.max(...xs) - Math.min(...xs) || 1) / (Math.max(...ys) - Math.min(...ys) || 1);
  const fit = wide > (chart.clientWidth - 120) / (chart.clientHeight - 70)
    ? { left: 60, right: 60, top: "middle" } : { left: "center", top: 30, bottom: 40 };
  // how far in, and where: kept in the address, so that a link or a kept filter shows the same
  const asked = new URLSearchParams(window.location.search);
  const at = (asked.get("at") || "").split(",").map(Number);
  const view = at.length === 3 && at.every(Number.isFinite) && at[0] > 0 ? { zoom: at[0], center: [at[1], at[2]] } : {};
  // many: each stroke is drawn anew in every frame, so they are plain
  const many = graph.places.length > 400, panel = colour("panel");
  picture.setOption({
    animation: false,
    tooltip: { renderMode: "richText", backgroundColor: colour("panel"), borderColor: colour("line-strong"), textStyle: { color: colour("ink"), fontSize: 12 } },
    series: [{
      type: "graph", layout: "none", roam: true, scaleLimit: { min: 0.5, max: 12 }, silent: false,
      ...fit, ...view,
      emphasis: { disabled: many, focus: "adjacency", lineStyle: { width: 4 } },
      label: { show: !many, position: "bottom", color: colour("ink"), fontSize: 11, formatter: (p) => p.data.title },
      labelLayout: { hideOverlap: true },
      data: graph.places.map(([kind, code, title, tone, x, y, size, told]) => ({
        id: code, name: code, title, told, x, y, symbol: symbols[kind], symbolSize: size, kind,
        itemStyle: { color: many || kind === "node" ? tones[tone] : panel, borderColor: tones[tone], borderWidth: many || kind === "node" ? 0 : 2 },
      })),
      links: graph.lines.map(([code, from, to, tone, width, told, bent]) => ({
        source: from, target: to, code, told,
        lineStyle: { color: tones[tone], width, type: tone === "mute" ? "dashed" : "solid", opacity: many ? 0.45 : 0.85, curveness: many ? 0 : bent },
      })),
      tooltip: { formatter: (p) => p.data.told },
    }],
  });
  picture.on("click", (p) => {
    const at = p.dataType === "edge" ? `/lines/${p.data.code}` : p.data.kind === "room" ? `/rooms/${p.data.id}` : "";
    if (at && p.data.told) window.location.assign(at);
  });
  picture.on("graphroam", () => {
    const { zoom, center } = picture.getOption().series[0];
    if (!Array.isArray(center)) return;
    asked.set("at", [zoom, ...center].map((n) => Number(Number(n).toFixed(3))).join(","));
    window.history.replaceState(null, "", `?${asked}`);
    const keep = document.querySelector("details.keep");
    if (!keep) return;
    keep.hidden = false;
    keep.querySelector("[name=query]").value = String(asked);
  });
  window.addEventListener("resize", () => picture.resize());
  chart.dataset.ready = String(graph.places.length + graph.lines.length);
})();
