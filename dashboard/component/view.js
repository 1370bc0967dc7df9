// One map: draws the constants that a store left in the page, shows the selection that Python
// holds, and reports the user's lasso, box, click or double-click as one bit per point.
// The element is not remounted while its key stays, so zoom, drag mode and outline live in plotly.
const entries = (window.dissensusConstants ??= new Map());
const EVENT = "dissensus-constants";

// plotly.js comes from our own server (dashboard/server.py), once per page.
function plotly(address) {
  return (window.dissensusPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(address, window.location.origin).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      window.dissensusPlotly = undefined; // the next draw may try again
      script.remove();
      reject(new Error("The drawing library did not load; reload the page to try again."));
    };
    document.head.append(script);
  }));
}

// ---- selection: bit i of the set (least significant first) is the point at position i ----
function pack(positions, size) {
  const set = new Uint8Array(Math.ceil(size / 8));
  for (const i of positions) set[i >> 3] |= 1 << (i & 7);
  let raw = "";
  for (let i = 0; i < set.length; i += 8192) // in pieces: argument lists are limited
    raw += String.fromCharCode(...set.subarray(i, i + 8192));
  return btoa(raw);
}

// Per trace, the indices of its selected points; null means no selection: all at full strength.
function selectedPoints(traces, bits) {
  if (bits === null) return traces.map(() => null);
  const set = Uint8Array.from(atob(bits), (letter) => letter.charCodeAt(0));
  return traces.map(({ positions }) => {
    const found = [];
    positions.forEach((p, i) => {
      if (set[p >> 3] & (1 << (p & 7))) found.push(i);
    });
    return found;
  });
}

// ---- what was drawn and what is seen, for a server that knows points which are not drawn ----
const corner = (text) => text.split(",").map(Number);

// Shapes of rings of corners, as dashboard/component/geometry.py reads them.
function outlines(plot) {
  return (plot.layout.selections ?? []).map(({ type, x0, x1, y0, y1, path }) =>
    type === "rect" ? [[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]]
      : path.split("M").filter(Boolean).map((ring) =>
        ring.replace(/Z$/, "").split("L").map(corner)));
}

const hidden = ({ plot, groups }) =>
  groups.filter((_, nth) => plot.data[nth].visible === "legendonly").map(({ code }) => code);

// The ends of both axes; nothing for all that there is.
function ends({ plot, data }) {
  const { xaxis, yaxis } = plot._fullLayout;
  const now = [...xaxis.range, ...yaxis.range];
  return now.every((end, nth) => end === data.limits.flat()[nth]) ? [] : now;
}

const CONFIG = {
  displayModeBar: true, displaylogo: false, showSendToCloud: false, doubleClickDelay: 350,
  modeBarButtons: [["lasso2d", "select2d", "zoom2d", "pan2d"],
    ["zoomIn2d", "zoomOut2d", "resetScale2d"], ["toImage"]],
};

// ---- drawing ----
const outlined = ({ plot }) => Boolean(plot.layout?.selections?.length);

async function draw(view) {
  const { data, plot } = view;
  const points = entries.get(data.digest)?.value;
  const colours = entries.get(data.colours)?.value;
  const width = plot.clientWidth;
  // Not yet, or not now: the store's event, the resize observer or the end of the drag calls again.
  if (!points || !colours || !width || view.down) return;
  const Plotly = await plotly(data.vendor);
  if (!plot.isConnected || view.data !== data || view.down) return;

  const theme = themeOf(plot);
  const picture = JSON.stringify([data.digest, data.colours, data.x_title, data.y_title, data.title,
    data.height, width, theme]);
  // Of points on the edge of an outline plotly may say otherwise than the server: both may stand.
  const own = data.thinned && data.mine && view.shown !== undefined;
  const same = own || (data.bits === view.shown && (data.mine || !outlined(view)));
  if (same && picture === view.picture) return;
  view.byUser = false; // what plotly emits from here on is our own doing
  view.shown = data.bits; // before the waiting: a brush meanwhile sets it again
  if (picture === view.picture && view.size) {
    // An outline that stays in the layout would make plotly recompute the highlight from it.
    await Plotly.update(plot, { selectedpoints: selectedPoints(view.groups, data.bits) },
      { selections: [] }, view.groups.map((_, nth) => nth));
  } else {
    const groups = split(points, colours);
    const { layout, below } = figureLayout(data, colours, groups, theme, width);
    const traces = figureTraces(groups, points, colours, theme, width);
    const marked = selectedPoints(groups, data.bits);
    traces.forEach((trace, nth) => {
      trace.selectedpoints = marked[nth];
      if (trace.marker.colorbar) trace.marker.colorbar.y = below;
    });
    layout.selections = []; // plotly would count a kept outline anew, a point or two differently
    view.groups = groups;
    view.size = points.x.length;
    await Plotly.react(plot, traces, layout, {
      ...CONFIG, toImageButtonOptions: { format: "svg", filename: data.filename },
    });
    if (!view.picture) listen(view);
  }
  view.picture = picture;
}

// One drawing at a time; what arrives meanwhile is drawn afterwards, only the newest of it.
async function refresh(view) {
  view.wanted = true;
  if (view.busy) return;
  view.busy = true;
  while (view.wanted && view.plot.isConnected) {
    view.wanted = false;
    try {
      await draw(view);
    } catch (error) {
      view.plot.textContent = String(error.message);
    }
  }
  view.busy = false;
}

function report(view, positions, shapes = []) {
  if (!view.byUser) return;
  view.byUser = false;
  const bits = positions && pack(positions, view.size);
  view.shown = bits; // plotly shows it already
  // Python does not rerun the source of a selection, so this view's own data is now out of date.
  view.own = { bits, mine: true, after: view.data.seq, digest: view.data.digest };
  view.data = { ...view.data, ...view.own };
  const { digest } = view.data;
  view.send("sel", { digest, bits, outlines: shapes, hidden: hidden(view) });
}

function listen(view) {
  view.plot.on("plotly_selected", (event) => {
    // Without an event plotly only says that a drag ended; the truth is what it emitted.
    if (!event) return;
    const drawn = event.lassoPoints || event.range;
    const found = event.points.map((p) => view.groups[p.curveNumber].positions[p.pointNumber]);
    report(view, found, drawn ? outlines(view.plot) : []);
    // A click leaves the outline of an earlier lasso: draw once more, without it.
    if (!drawn && outlined(view)) view.shown = undefined;
  });
  view.plot.on("plotly_deselect", () => report(view, null));
  // Zooming in asks for more of the points that are there.
  view.plot.on("plotly_relayout", () => {
    const seen = ends(view), key = seen.length ? view.data.space + seen.join() : "";
    if (!view.data.thinned || key === (view.seen ?? "")) return;
    view.seen = key;
    view.send("view", { space: view.data.space, ends: seen });
  });
}

function mount(parentElement) {
  const plot = document.createElement("div");
  plot.className = "dissensus-map";
  plot.setAttribute("role", "figure");
  parentElement.append(plot);
  const view = { plot, picture: "", shown: undefined, byUser: false, down: false };
  const again = () => refresh(view);
  let timer;
  // plotly reports a little after the button is up; until then foreign updates wait.
  const up = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { view.down = false; again(); }, 200);
  };
  plot.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".draglayer, .selectionlayer, .zoomlayer")) return;
    clearTimeout(timer);
    view.down = view.byUser = true;
  }, true);
  window.addEventListener("pointerup", up);
  window.addEventListener("pointercancel", up);
  window.addEventListener(EVENT, again);
  let settle;
  const observer = new ResizeObserver(() => {
    clearTimeout(settle);
    settle = setTimeout(again, 100);
  });
  observer.observe(plot);
  view.close = () => {
    observer.disconnect();
    window.removeEventListener("pointerup", up);
    window.removeEventListener("pointercancel", up);
    window.removeEventListener(EVENT, again);
    const canvases = [...plot.querySelectorAll("canvas")];
    window.Plotly?.purge(plot);
    // Browsers hold a limited number of WebGL contexts and free them late.
    for (const canvas of canvases)
      canvas.getContext("webgl")?.getExtension("WEBGL_lose_context")?.loseContext();
  };
  return view;
}

const views = new WeakMap();

// Called again for every change of data and of the theme, with the same element.
export default function ({ data, parentElement, setTriggerValue }) {
  if (!views.has(parentElement)) views.set(parentElement, mount(parentElement));
  const view = views.get(parentElement);
  // A theme switch or an overtaken rerun delivers data from before the user's own selection.
  const late = view.own?.after === data.seq && view.own.digest === data.digest;
  view.data = late ? { ...data, ...view.own } : data;
  view.send = setTriggerValue;
  view.plot.style.height = data.height + "px";
  view.plot.setAttribute("aria-label", data.alt);
  refresh(view);
  // Streamlit also runs this when a call is overtaken by newer data; then the map lives on.
  return () => {
    if (!parentElement.isConnected) view.close();
  };
}
