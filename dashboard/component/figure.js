// From constants to traces and layout. Joined with view.js into one module by __init__.py.

// plotly reads <b>, <a href> and entities in every text, and all texts are data of unknown origin.
const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

const shorten = (text, letters) =>
  escape(text.length > letters ? text.slice(0, letters - 1) + "…" : text);

function themeOf(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    text: read("--st-text-color"), paper: read("--st-background-color"),
    line: read("--st-border-color"), grid: read("--st-border-color-light"),
    quiet: read("--st-gray-text-color"), accent: read("--st-primary-color"),
    font: read("--st-font") || "sans-serif",
  };
}

// One trace per category, so that plotly's legend can hide it; positions lead back to the samples.
function split(points, colours) {
  const size = points.x.length;
  const groups = colours.categories
    ? colours.categories.map((c, code) => ({ ...c, code, positions: [] }))
    : [{ code: 0, positions: [] }, { code: 1, name: "no value", symbol: "x", positions: [] }];
  for (let i = 0; i < size; i++) {
    const missing = () => Number(!Number.isFinite(colours.values[i]));
    groups[colours.categories ? colours.codes[i] : missing()].positions.push(i);
  }
  return groups.filter((group) => group.positions.length);
}

function figureTraces(groups, points, colours, theme, width) {
  const size = points.x.length;
  const type = size > 2000 ? "scattergl" : "scatter";
  const diameter = size > 10000 ? 4 : size > 2000 ? 5 : size > 500 ? 6.5 : 8;
  const letters = Math.min(24, Math.max(11, ((width - 44) / 2 - 50) / 6.3)); // two columns at least
  const pick = (array, positions) => Float32Array.from(positions, (p) => array[p]);
  return groups.map(({ name, colour, symbol, positions }) => ({
    type, mode: "markers", name: shorten(name ?? "", letters), showlegend: name !== undefined,
    x: pick(points.x, positions), y: pick(points.y, positions),
    text: positions.map((p) => points.text[p]), hoverinfo: "text",
    marker: {
      size: diameter, opacity: 0.85, line: { width: 0 },
      ...(symbol ? { color: colour ?? theme.quiet, symbol } : {
        color: pick(colours.values, positions), colorscale: colours.scale,
        cmin: colours.range[0], cmax: colours.range[1], showscale: true,
        colorbar: {
          orientation: "h", len: 0.6, thickness: 10, outlinewidth: 0,
          x: 0, xref: "container", xanchor: "left", yref: "container", yanchor: "top",
          nticks: 5, tickfont: { size: 11, color: theme.text },
        },
      }),
    },
    selected: { marker: { opacity: 1 } },
    unselected: { marker: { opacity: 0.12 } },
  }));
}

// plotly does not wrap titles. The first line is the title, later ones a smaller subtitle.
function wrapTitle(text, width, family) {
  const pen = document.createElement("canvas").getContext("2d");
  let height = 10;
  const html = text.split("\n").filter(Boolean).flatMap((part, nth) => {
    const [pixels, weight] = nth ? [13, 400] : [16, 600];
    pen.font = weight + " " + pixels + "px " + family;
    const fits = (row) => pen.measureText(row).width <= width;
    const rows = [""];
    for (const word of part.split(/\s+/)) {
      const longer = (rows.at(-1) + " " + word).trim();
      if (fits(longer) || !rows.at(-1)) rows[rows.length - 1] = longer;
      else rows.push(word);
    }
    if (rows.length > 3) rows[2] += " …";
    const shown = rows.slice(0, 3).map((row) => {
      while (row.length > 2 && !fits(row)) row = row.slice(0, -2) + "…";
      return row;
    });
    height += shown.length * pixels * 1.35;
    const style = '<span style="font-size:' + pixels + "px;font-weight:" + weight + '">';
    return shown.map((row) => style + escape(row) + "</span>");
  }).join("<br>");
  return { html, height };
}

function figureLayout(data, colours, groups, theme, width) {
  const names = JSON.stringify(groups.map((group) => group.name));
  const numeric = !colours.categories;
  const legendSide = numeric ? { x: 1 - 44 / width, xanchor: "right" } : { x: 0, xanchor: "left" };
  const bar = numeric && colours.title ? "\nColour: " + colours.title : "";
  const title = wrapTitle(data.title + bar, width - 52, theme.font);
  const axis = (text, range) => ({
    title: { text: escape(text), standoff: 8, font: { size: 13 } }, range: [...range],
    gridcolor: theme.grid, gridwidth: 1, zeroline: false, automargin: true, nticks: 6,
    tickfont: { size: 11 },
  });
  const below = 1 - title.height / data.height; // legend and colour bar start under the title
  return {
    below,
    layout: {
      width, height: data.height,
      dragmode: "lasso", hovermode: "closest", clickmode: "event+select",
      uirevision: data.space, selectionrevision: data.seq + Math.random(),
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: theme.font, color: theme.text, size: 12 },
      title: { text: title.html, x: 0, xanchor: "left", y: 1 - 12 / data.height, yanchor: "top",
        font: { size: 16, color: theme.text } },
      // The mode bar stands in the right margin, outside the data.
      margin: { l: 48, r: 44, t: title.height + 4, b: 44 },
      modebar: { orientation: "v", bgcolor: "rgba(0,0,0,0)", color: theme.quiet,
        activecolor: theme.accent, uirevision: "keep" },
      // With a colour bar on the left, the legend holds only "no value" and goes to the right.
      legend: { orientation: "h", xref: "container", ...legendSide, yref: "container", y: below,
        yanchor: "top", itemsizing: "constant", uirevision: names, bgcolor: "rgba(0,0,0,0)" },
      hoverlabel: { bgcolor: theme.paper, bordercolor: theme.line, align: "left",
        font: { family: theme.font, color: theme.text, size: 12 } },
      newselection: { line: { color: theme.text, width: 1, dash: "dot" } },
      activeselection: { fillcolor: "rgba(0,0,0,0)", opacity: 1 },
      xaxis: axis(data.x_title, data.limits[0]), yaxis: axis(data.y_title, data.limits[1]),
    },
  };
}

