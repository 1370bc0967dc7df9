// Keeps the constants of a map (coordinates, hover texts, colours) in the page under their digest,
// so that a selection sends only bits. A store shows nothing; the views wait for its event.
// Entries live as long as some store element on the page holds them.
const entries = (window.dissensusConstants ??= new Map()); // digest -> {value, holders}
const EVENT = "dissensus-constants";

// All texts are data of unknown origin, and plotly reads <b>, <a href> and entities in them.
const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
// A hover label does not wrap and is cut at the edge of the map.
const shorten = (line) => (line.length > 48 ? line.slice(0, 47) + "…" : line);
const lines = (text) => text.split("\n").map((line) => escape(shorten(line))).join("<br>");

function bytes(base64) {
  const raw = atob(base64);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}
const floats = (base64) => new Float32Array(bytes(base64).buffer);

function decode(data) {
  if (data.kind === "points")
    return { x: floats(data.x), y: floats(data.y), text: data.hover.map(lines) };
  if (data.kind === "values")
    return { ...data, values: floats(data.values) };
  const categories = data.categories.map(([name, colour, symbol]) => ({ name, colour, symbol }));
  return { codes: bytes(data.codes), categories };
}

function release(holder, except) {
  for (const [digest, entry] of entries)
    if (digest !== except && entry.holders.delete(holder) && entry.holders.size === 0)
      entries.delete(digest);
}

export default function ({ data, parentElement }) {
  if (!entries.has(data.digest))
    entries.set(data.digest, { value: decode(data), holders: new Set() });
  entries.get(data.digest).holders.add(parentElement);
  release(parentElement, data.digest);
  window.dispatchEvent(new Event(EVENT));
  // Streamlit also runs this when newer data overtakes a call; only a removed element lets go.
  return () => {
    if (!parentElement.isConnected) release(parentElement);
  };
}
