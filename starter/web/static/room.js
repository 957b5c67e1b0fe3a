// The operations room: draws the figures, and keeps an open page fresh. Everything else works without it.
"use strict";

(() => {
  const EVERY_MS = 20_000;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  // ---- Charts -------------------------------------------------------------------------------------------

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const formats = { share: ".0%", days: ".1f", money: ",.2f", count: ",.0f" };
  const hovers = { share: ".1%", days: ".1f", money: ",.2f", count: ",.0f" };

  function trace(spec, series) {
    const tone = colour(`chart-${series.tone}`);
    const [along, up] = spec.sideways ? [series.y, spec.x] : [spec.x, series.y];
    const value = spec.sideways ? "x" : "y";
    const common = {
      x: along, y: up, name: series.name, connectgaps: false,
      hovertemplate: `%{${value}:${hovers[spec.unit]}}<extra>${spec.series.length > 1 ? "%{fullData.name}" : ""}</extra>`,
    };
    if (series.kind === "bar") {
      return { ...common, type: "bar", orientation: spec.sideways ? "h" : "v", marker: { color: tone } };
    }
    const shape = series.kind === "step" ? "hv" : "linear";
    const points = series.y.filter((value) => value !== null).length;
    const mode = points < 12 && series.kind !== "step" ? "lines+markers" : "lines";
    return { ...common, type: "scatter", mode, line: { color: tone, width: 2, shape }, marker: { color: tone, size: 5 } };
  }

  function layout(spec) {
    const grid = colour("chart-grid");
    const axis = { gridcolor: grid, zerolinecolor: grid, linecolor: grid, fixedrange: true, automargin: true };
    const values = { ...axis, tickformat: formats[spec.unit], rangemode: "tozero", nticks: spec.small ? 3 : 6 };
    const names = { ...axis, showgrid: false, nticks: spec.small ? 4 : 8, tickangle: 0 };
    if (spec.sideways || spec.series.some((one) => one.kind === "bar")) names.type = "category";
    if (!names.type) names.type = "date";
    const legend = { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { size: 12 }, traceorder: "normal", itemclick: false, itemdoubleclick: false };
    const target = spec.target === null ? [] : [{
      type: "line", xref: "paper", x0: 0, x1: 1, y0: spec.target, y1: spec.target,
      line: { color: colour("chart-c"), width: 1.5, dash: "dot" },
    }];
    return {
      autosize: true, margin: { l: 8, r: 8, t: spec.series.length > 1 ? 28 : 6, b: 8 }, barmode: spec.stacked ? "stack" : "group", bargap: 0.35,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: spec.series.length > 1, legend,
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("soft") },
      xaxis: spec.sideways ? values : { ...names, title: names.type === "category" ? { text: spec.x_name, font: { size: 12 } } : undefined }, yaxis: spec.sideways ? { ...names, nticks: undefined, dtick: 1 } : values,
      hovermode: spec.sideways ? "y unified" : "x unified", dragmode: false, shapes: target,
      hoverlabel: { bgcolor: colour("panel"), bordercolor: colour("line"), font: { color: colour("text") } },
    };
  }

  function draw(figure) {
    const data = figure.querySelector("script[type='application/json']");
    const plot = figure.querySelector(".plot");
    if (!data || !plot) return;
    const spec = JSON.parse(data.textContent);
    window.Plotly.react(plot, spec.series.map((one) => trace(spec, one)), layout(spec), {
      displayModeBar: false, responsive: true, doubleClick: false, showTips: false,
    });
  }

  const drawAll = (within = document) => window.Plotly && within.querySelectorAll("[data-chart]").forEach(draw);

  // ---- Fresh figures ------------------------------------------------------------------------------------

  const busy = (region) => region.contains(document.activeElement) && document.activeElement !== document.body;

  function keepDrawing(old, fresh) {
    // The picture stays where it is: only its data is exchanged, and it is drawn on with them.
    fresh.querySelectorAll("[data-chart]").forEach((figure) => {
      const plot = document.getElementById(figure.id)?.querySelector(".plot");
      const place = figure.querySelector(".plot");
      if (plot && place && old.contains(plot)) place.replaceWith(plot);
    });
    old.querySelectorAll("details[id][open]").forEach((one) => {
      fresh.querySelector(`#${CSS.escape(one.id)}`)?.setAttribute("open", "");
    });
  }

  const bare = (region) => {
    const copy = region.cloneNode(true);
    copy.querySelectorAll(".plot").forEach((plot) => { plot.replaceChildren(); plot.removeAttribute("style"); plot.className = "plot"; });
    copy.querySelectorAll("details").forEach((one) => one.removeAttribute("open"));
    return copy.innerHTML;
  };

  function exchange(page) {
    document.querySelectorAll("[data-live]").forEach((old) => {
      const fresh = page.querySelector(`[data-live="${CSS.escape(old.dataset.live)}"]`);
      if (!fresh || busy(old) || bare(old) === bare(fresh)) return;
      const left = [...old.querySelectorAll(".scroll")].map((one) => one.scrollLeft);
      keepDrawing(old, fresh);
      old.replaceChildren(...fresh.childNodes);
      old.querySelectorAll(".scroll").forEach((one, number) => { one.scrollLeft = left[number] ?? 0; });
      drawAll(old);
    });
  }

  let timer;

  async function refresh() {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (answer.status === 401) return lost();
      if (answer.ok) exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* the shop is away for a moment: the next time, then */ }
  }

  function lost() {
    clearInterval(timer);
    const link = document.createElement("a");
    link.href = `/operations/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = "sign in again";
    document.getElementById("lost").replaceChildren("You are signed out: ", link);
  }

  // ---- What takes a moment ---------------------------------------------------------------------------------

  async function tellLater(place) {
    const answer = await fetch(place.dataset.later, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok) return;
    const story = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("story");
    if (story) place.replaceChildren(...story.childNodes);
  }

  // ---- Coming from elsewhere ------------------------------------------------------------------------------

  async function comeBack() {
    // A strict cookie is not sent along a link from elsewhere, such as a chat: asked from here, it is.
    const wanted = location.pathname !== "/operations/sign-in" && document.getElementById("token");
    if (!wanted || sessionStorage.getItem("came-back")) return sessionStorage.removeItem("came-back");
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok) return;
    sessionStorage.setItem("came-back", "yes");
    location.replace(location.href);
  }

  // ---- Forms --------------------------------------------------------------------------------------------

  document.addEventListener("submit", (event) => {
    // A second click is no second wish.
    if (event.defaultPrevented || event.target.dataset.sent) return event.preventDefault();
    if (event.target.method === "post") event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

  document.addEventListener("input", (event) => {
    // Who names units means a part.
    if (!event.target.name?.startsWith("units-")) return;
    const part = event.target.form.querySelector("input[name=extent][value=part]");
    if (part) part.checked = true;
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = document.querySelector(".find input");
    if (box) { event.preventDefault(); box.focus(); }
  });

  if (window.Plotly) {
    document.documentElement.classList.add("drawn");
    drawAll();
  }
  comeBack().catch(() => {});
  document.querySelectorAll("[data-later]").forEach((place) => tellLater(place).catch(() => {}));
  dark.addEventListener("change", () => drawAll());
  if (document.querySelector("[data-live]:not([data-live=clock])")) timer = setInterval(refresh, EVERY_MS);
  document.addEventListener("visibilitychange", () => { if (timer && !document.hidden) refresh(); });
  window.operationsRoom = { refresh };
})();
