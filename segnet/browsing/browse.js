"use strict";
const data = JSON.parse(document.getElementById("content").textContent);
const { classes, colors, images, rows } = data;
const none = classes.length - 1, size = classes.length;
const byId = id => document.getElementById(id);
const state = { a: 0, b: rows.length > 1 ? 1 : 0, of: "a", sort: "miou-a", falling: false, filter: -1, cell: null };
let before = { sort: state.sort, falling: state.falling };

// scores, from counts of all pixels; what is 0/0 is NaN and left out of means

function counts(sparse) {
  const full = new Float64Array(size * size);
  for (let at = 0; at < sparse.length; at += 2) full[sparse[at]] += sparse[at + 1];
  return full;
}
function ious(full) {
  return Array.from({ length: none }, (_, label) => {
    let union = -full[label * size + label];
    for (let other = 0; other < size; other++) union += full[label * size + other] + full[other * size + label];
    return union ? full[label * size + label] / union : NaN;
  });
}
function mean(values) {
  const defined = values.filter(one => !isNaN(one));
  return defined.length ? defined.reduce((sum, one) => sum + one, 0) / defined.length : NaN;
}
for (const row of rows) {
  row.total = new Float64Array(size * size);
  row.each = row.counts.map(sparse => {
    const full = counts(sparse), iou = ious(full);
    full.forEach((count, at) => { row.total[at] += count; });
    return { full, iou, miou: mean(iou) };
  });
  row.iou = ious(row.total);
  row.miou = mean(row.iou);
}
const labelled = (index, label) => rows[0].each[index].full.subarray(label * size, label * size + size).some(count => count);
const percent = value => isNaN(value) ? "–" : (100 * value).toFixed(1);
const points = value => isNaN(value) ? "–" : (value < 0 ? "−" : "+") + Math.abs(100 * value).toFixed(1);

// which images are shown, in which order

function key(index) {
  const a = rows[state.a].each[index], b = rows[state.b].each[index];
  if (state.sort === "miou-a") return a.miou;
  if (state.sort === "miou-b") return b.miou;
  if (state.sort === "difference") return a.miou - b.miou;
  if (state.sort === "confusion") return confused(index);
  if (state.sort === "name") return index;
  return a.iou[Number(state.sort.split("-")[1])];
}
function confused(index) {
  return rows[state[state.of]].each[index].full[state.cell.truth * size + state.cell.predicted];
}
function chosen() {
  const found = images.map((_, index) => index).filter(index =>
    (state.filter < 0 || labelled(index, state.filter)) && (!state.cell || confused(index) > 0));
  const keys = new Map(found.map(index => [index, key(index)])), sign = state.falling ? -1 : 1;
  return found.sort((x, y) => {
    const p = keys.get(x), q = keys.get(y);
    return isNaN(p) || isNaN(q) ? isNaN(p) - isNaN(q) || x - y : sign * (p - q) || x - y;
  });
}

// pictures, drawn from label maps when they come into view

const rgba = ([red, green, blue]) => (255 << 24 | blue << 16 | green << 8 | red) >>> 0;
const palette = colors.map(rgba);
const errorColors = { right: [225, 225, 225], a: [213, 94, 0], b: [0, 114, 178], both: [20, 20, 20], void: colors[none], chosen: [204, 42, 163] };
const errors = Object.fromEntries(Object.entries(errorColors).map(([name, color]) => [name, rgba(color)]));
const starts = [];
images.reduce((start, one) => (starts.push(start), start + one.height * one.width), 0);

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
function errorAt(at) {
  const truth = data.truth[at], a = rows[state.a].labels[at], b = rows[state.b].labels[at];
  if (state.cell) {
    const predicted = state.of === "a" ? a : b;
    if (truth === state.cell.truth && predicted === state.cell.predicted) return errors.chosen;
    return truth === none ? errors.void : errors.right;
  }
  if (truth === none) return errors.void;
  if (a === truth) return b === truth ? errors.right : errors.b;
  return b === truth || rows.length === 1 ? errors.a : errors.both;
}
const colorAt = {
  truth: at => palette[data.truth[at]],
  a: at => palette[rows[state.a].labels[at]],
  b: at => palette[rows[state.b].labels[at]],
  errors: errorAt,
};
function draw(card) {
  const index = Number(card.dataset.index), { width, height, photo } = images[index];
  card.querySelector("img").src = "data:image/webp;base64," + photo;
  for (const canvas of card.querySelectorAll("canvas")) {
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d"), picture = context.createImageData(width, height);
    const pixels = new Uint32Array(picture.data.buffer), color = colorAt[canvas.dataset.kind];
    for (let at = 0; at < pixels.length; at++) pixels[at] = color(starts[index] + at);
    context.putImageData(picture, 0, 0);
  }
}
const inView = new Set();
const watch = new IntersectionObserver(seen => {
  for (const { target, isIntersecting } of seen) {
    if (isIntersecting) {
      inView.add(target);
      draw(target);
    } else if (inView.delete(target)) {
      for (const canvas of target.querySelectorAll("canvas")) canvas.width = canvas.height = 0; // gives the memory back
    }
  }
}, { rootMargin: "600px" });

// cards

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
const kinds = ["truth", "a", ...(rows.length > 1 ? ["b"] : []), "errors"];
function newCard(index) {
  const { name, width, height } = images[index], ratio = `aspect-ratio: ${width} / ${height}`;
  const tile = (picture, kind) => {
    picture.style = ratio;
    const caption = element("figcaption");
    caption.dataset.kind = kind;
    return element("figure", {}, picture, caption);
  };
  const canvas = kind => {
    const made = element("canvas");
    made.dataset.kind = kind;
    return tile(made, kind);
  };
  const card = element("article", { tabIndex: 0 },
    element("header", {}, element("b", { textContent: name }), element("span", { className: "scores" })),
    element("div", { className: "tiles" }, tile(element("img", { alt: name }), "image"), ...kinds.map(canvas)));
  card.dataset.index = index;
  return card;
}
function caption(card) {
  const index = Number(card.dataset.index), a = rows[state.a].each[index], b = rows[state.b].each[index];
  const texts = { image: "image", truth: "truth", a: rows[state.a].name, b: rows[state.b].name, errors: state.cell ? "where" : "errors" };
  for (const one of card.querySelectorAll("figcaption")) one.textContent = one.title = texts[one.dataset.kind];
  let scores = rows.length > 1 ? `A ${percent(a.miou)} · B ${percent(b.miou)} · A − B: ${points(a.miou - b.miou)}` : `mIoU ${percent(a.miou)}`;
  if (state.sort.startsWith("class")) scores += ` · ${classes[state.sort.split("-")[1]]} ${percent(key(index))}`;
  if (state.cell) scores += ` · ${confused(index).toLocaleString("en")} pixels`;
  card.querySelector(".scores").textContent = scores;
}
const cards = images.map((_, index) => newCard(index));

// the large view

const large = byId("large");
function enlarge(card) {
  const copy = newCard(card.dataset.index);
  copy.removeAttribute("tabindex");
  byId("view").replaceChildren(copy);
  byId("pixel").textContent = "Point at a picture to read its classes.";
  caption(copy);
  draw(copy);
  if (!large.open) large.showModal();
}
byId("close").addEventListener("click", () => large.close());
large.addEventListener("click", event => { if (event.target === large) large.close(); });
byId("view").addEventListener("mousemove", event => {
  if (!event.target.matches("img, canvas")) return;
  const index = Number(event.target.closest("article").dataset.index), { width, height } = images[index];
  const box = event.target.getBoundingClientRect();
  const place = (from, length, pixels) => Math.min(pixels - 1, Math.max(0, Math.floor(from / length * pixels)));
  const at = starts[index] + place(event.clientY - box.top, box.height, height) * width + place(event.clientX - box.left, box.width, width);
  const truth = data.truth[at] === none ? "void" : classes[data.truth[at]];
  const predicted = kinds.filter(kind => kind.length === 1).map(kind => `${rows[state[kind]].name}: ${classes[rows[state[kind]].labels[at]]}`);
  byId("pixel").textContent = [`truth: ${truth}`, ...predicted].join("; ");
});

// the table of confusions

function showMatrix() {
  const { total } = rows[state[state.of]];
  const columns = classes.map((_, label) => label).filter(label => label < none || classes.some((_, truth) => total[truth * size + none]));
  const head = element("tr", {}, element("th"), ...columns.map(label => element("th", { scope: "col" }, element("span", { textContent: classes[label] }))),
    ...kinds.filter(kind => kind.length === 1).map(kind => element("th", { scope: "col" }, element("span", { textContent: `IoU ${kind.toUpperCase()}` }))));
  const lines = classes.slice(0, none).map((name, truth) => {
    const all = total.subarray(truth * size, truth * size + size).reduce((sum, one) => sum + one, 0);
    const swatch = element("span", { className: "swatch" });
    swatch.style.background = `rgb(${colors[truth]})`;
    const cells = columns.map(predicted => {
      const count = total[truth * size + predicted], share = all ? count / all : 0;
      const button = element("button", { type: "button", tabIndex: -1, textContent: count ? (share < .005 ? "·" : Math.round(100 * share)) : "" });
      button.title = `${name} ${truth === predicted ? "found" : `taken for ${classes[predicted]}`}: ${count.toLocaleString("en")} pixels, ${percent(share)} % of ${name}`;
      button.setAttribute("aria-label", button.title);
      button.dataset.truth = truth;
      button.dataset.predicted = predicted;
      button.style = `--share: ${share}; --tone: var(${truth === predicted ? "--only-b" : "--only-a"})`;
      return element("td", {}, button);
    });
    const scores = kinds.filter(kind => kind.length === 1).map(kind => element("td", { className: "iou", textContent: percent(rows[state[kind]].iou[truth]) }));
    return element("tr", {}, element("th", { scope: "row" }, swatch, name), ...cells, ...scores);
  });
  byId("matrix").replaceChildren(element("thead", {}, head), element("tbody", {}, ...lines));
  pressCell();
}
function pressCell() {
  const buttons = [...byId("matrix").querySelectorAll("button")];
  for (const one of buttons) {
    const isChosen = state.cell && Number(one.dataset.truth) === state.cell.truth && Number(one.dataset.predicted) === state.cell.predicted;
    one.setAttribute("aria-pressed", Boolean(isChosen));
    if (isChosen) one.tabIndex = 0;
  }
  if (buttons.length && !state.cell) buttons[0].tabIndex = 0;
}
byId("matrix").addEventListener("click", event => {
  const button = event.target.closest("button");
  if (!button) return;
  const cell = { truth: Number(button.dataset.truth), predicted: Number(button.dataset.predicted) };
  const isSame = state.cell && state.cell.truth === cell.truth && state.cell.predicted === cell.predicted;
  chooseCell(isSame ? null : cell);
});
byId("matrix").addEventListener("keydown", event => {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  const cell = event.target.closest("td");
  if (!step || !cell) return;
  event.preventDefault();
  const line = byId("matrix").tBodies[0].rows[cell.parentNode.rowIndex - 1 + step[0]];
  const next = line?.cells[cell.cellIndex + step[1]]?.querySelector("button");
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});
function chooseCell(cell) {
  if (cell && !state.cell) before = { sort: state.sort, falling: state.falling };
  state.cell = cell;
  Object.assign(state, cell ? { sort: "confusion", falling: true } : before);
  update();
}

// controls

function fill(select, options) {
  select.replaceChildren(...options.map(([value, text]) => element("option", { value, textContent: text })));
}
function showControls() {
  const sorts = [["miou-a", "mIoU of A"], ...(rows.length > 1 ? [["miou-b", "mIoU of B"], ["difference", "A − B"]] : []), ["name", "name"],
    ...(state.cell ? [["confusion", "pixels of the cell"]] : []), ...classes.slice(0, none).map((name, label) => [`class-${label}`, `IoU of ${name} in A`])];
  fill(byId("sort"), sorts);
  for (const id of ["a", "b", "of", "sort", "filter"]) byId(id).value = state[id];
  byId("order").textContent = state.sort === "confusion" ? (state.falling ? "most first" : "fewest first") : state.sort === "name" ? (state.falling ? "last first" : "first first") : state.falling ? "best first" : "worst first";
  const text = [`A ${rows[state.a].name}: mIoU ${percent(rows[state.a].miou)}`];
  if (rows.length > 1) text.push(`B ${rows[state.b].name}: mIoU ${percent(rows[state.b].miou)}`, `A − B: ${points(rows[state.a].miou - rows[state.b].miou)} points`);
  byId("summary").textContent = text.join("; ");
  const entries = state.cell ? [["chosen", "the chosen confusion"], ["right", "all else"], ["void", "void"]]
    : rows.length > 1 ? [["right", "both right"], ["a", "only A wrong"], ["b", "only B wrong"], ["both", "both wrong"], ["void", "void"]] : [["right", "right"], ["a", "wrong"], ["void", "void"]];
  byId("legend").replaceChildren(...entries.map(([name, words]) => {
    const swatch = element("span", { className: "swatch" });
    swatch.style.background = `rgb(${errorColors[name]})`;
    return element("li", {}, swatch, words);
  }));
  const clear = byId("clear");
  clear.hidden = !state.cell;
  if (state.cell) clear.textContent = `${classes[state.cell.truth]} ${state.cell.truth === state.cell.predicted ? "found" : `taken for ${classes[state.cell.predicted]}`} by ${state.of.toUpperCase()} ×`;
}
function update() {
  const shown = chosen();
  showControls();
  pressCell();
  byId("count").textContent = shown.length === images.length ? `${images.length} images` : `${shown.length} of ${images.length} images`;
  for (const index of shown) caption(cards[index]);
  byId("cards").replaceChildren(...shown.map(index => cards[index]));
  for (const card of inView) if (card.isConnected) draw(card);
}
const names = rows.map((row, index) => [index, row.name]);
fill(byId("a"), names);
fill(byId("b"), names);
fill(byId("of"), kinds.filter(kind => kind.length === 1).map(kind => [kind, kind.toUpperCase()]));
fill(byId("filter"), [[-1, "all images"], ...classes.slice(0, none).map((name, label) => [label, `images with ${name}`])]);
for (const id of ["a", "b", "of", "sort", "filter"]) {
  byId(id).addEventListener("change", event => {
    state[id] = ["of", "sort"].includes(id) ? event.target.value : Number(event.target.value);
    if (["a", "b", "of"].includes(id)) showMatrix();
    update();
  });
}
byId("controls").addEventListener("submit", event => event.preventDefault());
byId("order").addEventListener("click", () => { state.falling = !state.falling; update(); });
byId("swap").addEventListener("click", () => { [state.a, state.b] = [state.b, state.a]; showMatrix(); update(); });
byId("clear").addEventListener("click", () => chooseCell(null));
byId("cards").addEventListener("click", event => { if (event.target.closest(".tiles")) enlarge(event.target.closest("article")); });

function step(from, by) {
  const all = [...byId("cards").children], at = all.indexOf(from);
  return all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))];
}
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
  const card = document.activeElement.closest("#cards article");
  if (large.open) {
    const by = { ArrowRight: 1, j: 1, ArrowLeft: -1, k: -1 }[event.key];
    const open = cards[byId("view").firstChild.dataset.index];
    if (by) enlarge(step(open, by));
  } else if (event.key === "j" || event.key === "k") {
    step(card, event.key === "j" ? 1 : -1)?.focus();
  } else if (event.key === "Enter" && card) {
    event.preventDefault(); // else the key also presses the button that gets the focus
    enlarge(card);
  } else if (event.key === "x") {
    byId("swap").click();
  } else if (event.key === "o") {
    byId("order").click();
  } else if (event.key === "Escape" && state.cell) {
    chooseCell(null);
  }
});
large.addEventListener("close", () => cards[byId("view").firstChild.dataset.index].focus());

byId("confusion").open = matchMedia("(min-width: 68rem)").matches;
Promise.all([data.truth, ...rows.map(row => row.labels)].map(inflate)).then(([truth, ...predicted]) => {
  data.truth = truth;
  rows.forEach((row, at) => { row.labels = predicted[at]; });
  showMatrix();
  update();
  cards.forEach(card => watch.observe(card));
  document.body.dataset.ready = "yes";
});
