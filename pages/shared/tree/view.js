// The tree in the page: drag the cut, zoom, hover, pick. The server hears of it on release only.

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { left: 52, right: 138, top: 26, bottom: 74 };
const NARROW = 560;        // px under which the marks lose their names
const LABEL_SLOT = 9;      // px that a leaf's name needs
const REACH = 10;          // px around the pointer in which something is hit
const LISTED = 10;         // clusters named in the list
const HOVER_MEMBERS = 12;
const KEY_PAUSE = 250;     // ms without a key after which the server is told
const views = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let view = views.get(parentElement);
  if (!view) views.set(parentElement, (view = new TreeView(parentElement.querySelector(".tree"))));
  view.send = setTriggerValue;
  view.update(data);
  return () => { if (!parentElement.isConnected) view.close(); };
}

function element(parent, name, attributes = {}, text = "") {
  const svg = parent.namespaceURI === SVG || name === "svg";
  const made = svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  parent.appendChild(made);
  return made;
}

class TreeView {
  constructor(root) {
    this.root = root;
    this.t = null; this.dragging = false; this.frame = 0; this.timer = null;
    this.pointers = new Map(); this.paths = new Map(); this.names = []; this.items = [];
    this.markGroups = [];
    this.head = element(root, "div", { class: "head" });
    this.count = element(this.head, "span", { class: "count" });
    this.live = element(root, "div", { class: "unseen", "aria-live": "polite" });
    const tools = element(this.head, "span", { class: "tools" });
    const tool = (label, name, act) => {
      element(tools, "button", { type: "button", "aria-label": name, title: name }, label).onclick = act;
    };
    tool("−", "Zoom out", () => this.zoom(1 / 1.6));
    tool("+", "Zoom in", () => this.zoom(1.6));
    tool("⟲", "Whole tree", () => this.whole());
    this.svg = element(root, "svg", { role: "group" });
    this.back = element(this.svg, "rect", { class: "back" });
    this.grid = element(this.svg, "g", { class: "grid" });
    const clip = element(this.svg, "clipPath", { id: `clip-${Math.random().toString(36).slice(2)}` });
    this.clip = element(clip, "rect");
    this.lines = element(this.svg, "g", { class: "lines", "clip-path": `url(#${clip.id})` });
    this.stress = element(this.svg, "path", { class: "stress", "clip-path": `url(#${clip.id})` });
    this.titles = element(this.svg, "g", { "clip-path": `url(#${clip.id})` });
    this.leaves = element(this.svg, "g", { class: "leaves" });
    this.marks = element(this.svg, "g", { class: "marks" });
    this.cutLine = element(this.svg, "line", { class: "cut" });
    this.grip = element(this.svg, "g", {
      class: "grip", tabindex: "0", role: "slider", "aria-orientation": "vertical",
      "aria-label": "Threshold of the cut",
    });
    this.gripHit = element(this.grip, "line", { class: "hit" });
    this.gripBox = element(this.grip, "rect", { rx: 4, height: 20 });
    this.gripText = element(this.grip, "text", { dy: "0.35em" });
    this.tip = element(root, "div", { class: "tip", role: "tooltip", hidden: "" });
    this.list = element(root, "ol", { class: "list", "aria-label": "Clusters, largest first" });
    this.listen();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(root);
  }

  close() { this.observer.disconnect(); cancelAnimationFrame(this.frame); clearTimeout(this.timer); }

  update(data) {
    const sameTree = this.data && this.data.tree_key === data.tree_key;
    this.data = data;
    this.told ??= data.t;
    if (!sameTree) { this.tree = growTree(data); this.from = -0.6; this.to = this.tree.n - 0.4; }
    if (!this.dragging && !this.timer) this.t = data.t;
    const top = this.tree.n > 1 ? this.tree.height[this.tree.nodes - 1] : 0;
    if (!this.dragging) this.top = 1.06 * Math.max(top, Math.min(data.high, data.t), 0.1);
    this.root.style.setProperty("--accent", data.accent);
    this.svg.setAttribute("aria-label", data.alt);
    this.draw();
  }

  // --- where things are

  px = (place) => MARGIN.left + ((place - this.from) / (this.to - this.from)) * this.plotWidth;
  py = (height) => MARGIN.top + (1 - height / this.top) * this.plotHeight;
  placeAt(x) { return this.from + ((x - MARGIN.left) / this.plotWidth) * (this.to - this.from); }
  heightAt(y) { return (1 - (y - MARGIN.top) / this.plotHeight) * this.top; }

  snap(t) {
    const { low, high, step } = this.data;
    const steps = Math.round((Math.min(Math.max(t, low), high) - low) / step);
    return Math.min(high, Number((low + steps * step).toFixed(4)));
  }

  point(event) {
    const box = this.svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  colorOf = (node) => {
    if (this.tree.size[node] === 1) return this.data.single;
    const rank = this.data.ranks[this.data.ids[node] - 1];
    return rank < 0 ? this.data.single : this.data.palette[rank % this.data.palette.length];
  };

  // --- drawing

  draw() {
    if (!this.data || !this.root.clientWidth) return;
    this.width = this.root.clientWidth;
    this.height = this.data.height;
    this.right = this.width < NARROW ? 44 : MARGIN.right;
    this.plotWidth = Math.max(40, this.width - MARGIN.left - this.right);
    this.plotHeight = this.height - MARGIN.top - MARGIN.bottom;
    this.svg.setAttribute("width", this.width);
    this.svg.setAttribute("height", this.height);
    for (const box of [this.back, this.clip]) {
      box.setAttribute("x", MARGIN.left); box.setAttribute("y", 0);
      box.setAttribute("width", this.plotWidth);
      box.setAttribute("height", MARGIN.top + this.plotHeight + 8);
    }
    this.drawAxes();
    this.drawLeaves();
    this.drawCut();
  }

  drawAxes() {
    this.grid.replaceChildren();
    const right = MARGIN.left + this.plotWidth;
    const step = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10].find((s) => this.top / s <= 8) || 20;
    for (let k = 0; k * step <= this.top; k++) {
      const y = this.py(k * step);
      element(this.grid, "line", { x1: MARGIN.left, x2: right, y1: y, y2: y });
      element(this.grid, "text", { x: MARGIN.left - 6, y, dy: "0.35em", "text-anchor": "end" },
        String(Number((k * step).toFixed(2))));
    }
    for (const [height, text] of this.data.right_ticks) {
      if (height <= this.top * 1.001)
        element(this.grid, "text", { x: right + 13, y: this.py(height), dy: "0.35em" }, text);
    }
    element(this.grid, "text", {
      class: "title", "text-anchor": "middle",
      transform: `translate(13,${MARGIN.top + this.plotHeight / 2}) rotate(-90)`,
    }, this.data.left_title);
    if (this.data.right_ticks.length)
      element(this.grid, "text", { x: right + 13, y: MARGIN.top - 12, class: "title" }, this.data.rho);
    this.drawMarks(right);
  }

  // Each mark keeps its element, and so the focus, over what is drawn anew while somebody is on it.
  drawMarks(right) {
    this.data.marks.forEach((mark, k) => {
      const group = (this.markGroups[k] ??= this.newMark());
      group.mark = mark;
      group.style.display = mark.t > this.top ? "none" : "";
      group.setAttribute("aria-label", `Cut at ${mark.text}, ${this.format(mark.t)}`);
      const y = this.py(mark.t);
      group.arrow.setAttribute("d", `M${right} ${y}l7 -4v8z`);
      group.label.setAttribute("x", right + 44);
      group.label.setAttribute("y", y);
      for (const part of [group.arrow, group.label]) part.setAttribute("class", mark.kind);
      group.label.textContent = this.width >= NARROW ? `${mark.text} ${this.format(mark.t)}` : "";
    });
    for (const group of this.markGroups.splice(this.data.marks.length)) group.remove();
  }

  newMark() {
    const group = element(this.marks, "g", { role: "button", tabindex: "0" });
    group.arrow = element(group, "path");
    group.label = element(group, "text", { dy: "0.35em" });
    group.onclick = (event) => {
      event.stopPropagation(); this.setCut(group.mark.t); this.tell();
    };
    group.onkeydown = (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); group.onclick(event); }
    };
    return group;
  }

  drawLeaves() {
    this.leaves.replaceChildren();
    const { n } = this.tree;
    const slot = this.plotWidth / (this.to - this.from);
    const every = Math.max(1, Math.ceil(LABEL_SLOT / slot));
    const y = MARGIN.top + this.plotHeight;
    const start = Math.max(0, Math.ceil(this.from)), end = Math.min(n - 1, Math.floor(this.to));
    this.leafTexts = [];
    for (let place = start; place <= end; place++) {
      const leaf = this.data.order[place];
      const found = leaf === this.data.found;
      if (place % every && !found) continue;
      const x = this.px(place);
      const text = element(this.leaves, "text", {
        transform: `translate(${x.toFixed(1)},${y + 10}) rotate(-90)`, dy: "0.35em",
        "text-anchor": "end", class: found ? "found" : "",
      }, this.data.assets[leaf]);
      this.leafTexts.push([leaf, text]);
    }
    if (this.data.found >= 0) {
      const x = this.px(this.tree.x[this.data.found]);
      if (x >= MARGIN.left && x <= MARGIN.left + this.plotWidth)
        element(this.leaves, "path", { class: "found", d: `M${x} ${y - 9}l5 8h-10z` });
    }
  }

  // What follows the cut at every frame: brackets, names, line, count, list.
  drawCut() {
    const began = performance.now();
    const { tree, data } = this;
    const cut = (this.cut = cutTree(tree, this.t));
    const paths = bracketPaths(
      tree, cut, this.colorOf, data.above, this.px, this.py, this.from, this.to);
    for (const color of new Set([...paths.keys(), ...this.paths.keys()]))
      this.setPath(color, paths.get(color) || "");
    const picked = cut.tops.find((node) => data.ids[node] === data.picked) ?? -1;
    const stressed = picked < tree.n ? new Map() : bracketPaths(
      tree, { ...cut, kept: picked + 1 }, (owner) => (owner === picked ? "picked" : "other"),
      "other", this.px, this.py, tree.first[picked], tree.first[picked] + tree.size[picked] - 1);
    this.stress.setAttribute("d", stressed.get("picked") || "");
    const slot = this.plotWidth / (this.to - this.from);
    this.stress.setAttribute("stroke-width", slot < 8 ? 2 : 3);
    this.stress.setAttribute("stroke", picked < 0 ? "none" : this.colorOf(picked));
    this.drawNames(cut);
    for (const [leaf, text] of this.leafTexts) text.style.fill = this.inkOf(cut.owner[leaf]);
    this.drawGrip();
    this.drawCount(cut);
    this.root.dataset.clusters = cut.tops.length;
    this.root.dataset.t = this.t;
    this.root.dataset.frameMs = (performance.now() - began).toFixed(2);
  }

  inkOf(node) { return this.tree.size[node] === 1 ? "" : this.colorOf(node); }

  setPath(color, d) {
    let path = this.paths.get(color);
    if (!path) this.paths.set(color, (path = element(this.lines, "path", { stroke: color })));
    path.setAttribute("d", d);
  }

  drawNames(cut) {
    const taken = [];
    let used = 0;
    for (const node of cut.tops) {
      if (this.tree.size[node] < 2 || used >= LISTED) break;
      const text = `${this.data.names[this.data.name_of[node]]} (${this.tree.size[node]})`;
      const x = this.px(this.tree.x[node]), y = this.py(this.tree.height[node]) + 14;
      const half = text.length * 3.1 + 3;
      if (x - half < MARGIN.left || x + half > MARGIN.left + this.plotWidth) continue;
      if (taken.some(([l, r, h]) => l < x + half && x - half < r && Math.abs(h - y) < 15)) continue;
      taken.push([x - half, x + half, y]);
      let name = this.names[used];
      if (!name) this.names[used] = name = element(this.titles, "text", { class: "name", "text-anchor": "middle" });
      name.textContent = text;
      name.setAttribute("x", x.toFixed(1));
      name.setAttribute("y", y.toFixed(1));
      used++;
    }
    for (let k = used; k < this.names.length; k++) this.names[k].textContent = "";
  }

  drawGrip() {
    const y = this.py(this.t), right = MARGIN.left + this.plotWidth;
    for (const line of [this.cutLine, this.gripHit]) {
      line.setAttribute("x1", MARGIN.left); line.setAttribute("x2", right);
      line.setAttribute("y1", y); line.setAttribute("y2", y);
    }
    const text = `${this.data.unit} ${this.format(this.t)}`;
    const width = text.length * 6.6 + 14;
    this.gripBox.setAttribute("x", MARGIN.left + 6);
    this.gripBox.setAttribute("y", y - 10);
    this.gripBox.setAttribute("width", width);
    this.gripText.setAttribute("x", MARGIN.left + 13);
    this.gripText.setAttribute("y", y);
    this.gripText.textContent = text;
    for (const [key, value] of [["min", this.data.low], ["max", this.data.high], ["now", this.t]])
      this.grip.setAttribute(`aria-value${key}`, value);
    this.grip.setAttribute("aria-valuetext", `${text}, ${this.cut.tops.length} clusters`);
  }

  format(t) { return t.toFixed(3).replace(/0$/, ""); }

  drawCount(cut) {
    const { n } = this.tree;
    const many = (k, one, more) => `${k} ${k === 1 ? one : more}`;
    this.count.textContent = `Correlation tree: ${many(cut.tops.length, "cluster", "clusters")} of ` +
      `${many(n, "asset", "assets")} at ${this.data.unit} = ${this.format(this.t)} · ` +
      `${cut.alone} alone · largest ${cut.largest}`;
    let used = 0;
    for (const node of cut.tops) {
      if (used >= LISTED || this.tree.size[node] < 2) break;
      let item = this.items[used];
      if (!item) {
        item = element(this.list, "li");
        const button = element(item, "button", { type: "button" });
        item.chip = element(button, "i"); item.label = element(button, "span");
        button.onclick = () => this.send("pick", { cluster: this.data.ids[item.node], symbol: null });
        this.items[used] = item;
      }
      item.node = node;
      item.hidden = false;
      item.chip.style.background = this.colorOf(node);
      item.label.textContent = `${this.data.names[this.data.name_of[node]]} ${this.tree.size[node]}`;
      used++;
    }
    for (let k = used; k < this.items.length; k++) this.items[k].hidden = true;
  }

  // --- acting

  setCut(t) {
    const snapped = this.snap(t);
    if (snapped === this.t) return;
    this.t = snapped;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.drawCut());
  }

  tell() {
    clearTimeout(this.timer); this.timer = null;
    this.live.textContent = `${cutTree(this.tree, this.t).tops.length} clusters at ${this.format(this.t)}`;
    // What was told may still be on its way, so the server's last word alone does not decide.
    if (this.t === this.data.t && this.t === this.told) return;
    this.told = this.t;
    this.send("cut", this.t);
  }

  zoom(factor, x = MARGIN.left + this.plotWidth / 2) {
    const centre = this.placeAt(x), { n } = this.tree;
    const span = Math.min(n + 0.2, Math.max(Math.min(8, n), (this.to - this.from) / factor));
    this.show(centre - (span * (x - MARGIN.left)) / this.plotWidth, span);
  }

  show(from, span) {
    const low = -0.6, high = this.tree.n - 0.4;
    this.from = Math.min(Math.max(from, low), high - span);
    this.to = this.from + span;
    if (this.from < low) this.from = low;
    this.draw();
  }

  whole() { this.from = -0.6; this.to = this.tree.n - 0.4; this.draw(); }

  listen() {
    const { svg, grip } = this;
    grip.onpointerdown = (event) => {
      event.preventDefault(); event.stopPropagation();
      grip.setPointerCapture(event.pointerId); grip.focus({ preventScroll: true });
      this.dragging = true; this.hideTip();
      this.offset = this.py(this.t) - this.point(event)[1];
      this.root.classList.add("dragging");
    };
    // The line is too thin for the style's word alone: a finger on it would scroll the page.
    grip.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    grip.onpointermove = (event) => {
      if (this.dragging) this.setCut(this.heightAt(this.point(event)[1] + this.offset));
    };
    grip.onpointerup = grip.onpointercancel = () => {
      if (!this.dragging) return;
      this.dragging = false; this.root.classList.remove("dragging");
      this.tell();
    };
    grip.onkeydown = (event) => {
      const { low, high, step } = this.data;
      const moves = {
        ArrowUp: this.t + step, ArrowRight: this.t + step, ArrowDown: this.t - step,
        ArrowLeft: this.t - step, PageUp: this.t + 5 * step, PageDown: this.t - 5 * step,
        Home: low, End: high,
      };
      if (!(event.key in moves)) return;
      event.preventDefault();
      this.setCut(moves[event.key]);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.tell(), KEY_PAUSE);
    };
    svg.onpointerdown = (event) => {
      this.pointers.set(event.pointerId, this.point(event));
      this.start = { at: this.point(event), from: this.from, span: this.to - this.from, moved: false };
    };
    svg.onpointermove = (event) => this.moved(event);
    svg.onpointerup = (event) => {
      const click = this.start && !this.start.moved && this.pointers.size === 1;
      this.pointers.delete(event.pointerId);
      if (click) this.click(event);
      this.start = null;
    };
    svg.onpointercancel = (event) => { this.pointers.delete(event.pointerId); this.start = null; };
    svg.onpointerleave = () => { if (!this.start) this.hideTip(); };
    svg.ondblclick = () => this.whole();
    svg.addEventListener("wheel", (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this.zoom(Math.exp(-event.deltaY / 300), this.point(event)[0]);
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        const span = this.to - this.from;
        this.show(this.from + ((event.deltaX || event.deltaY) / this.plotWidth) * span, span);
      }
    }, { passive: false });
  }

  moved(event) {
    const here = this.point(event);
    if (!this.pointers.has(event.pointerId)) { if (!this.dragging) this.hover(here); return; }
    const before = this.pointers.get(event.pointerId);
    this.pointers.set(event.pointerId, here);
    if (this.pointers.size === 2) {
      // Two fingers: what lay between them stays between them.
      const [a, b] = [...this.pointers.values()];
      const other = a === here ? b : a;
      const was = Math.abs(before[0] - other[0]), is = Math.abs(here[0] - other[0]);
      if (was > 8 && is > 8) this.zoom(is / was, (here[0] + other[0]) / 2);
      this.start.moved = true;
      return;
    }
    if (!this.start) return;
    const dx = here[0] - this.start.at[0];
    if (Math.abs(dx) > 4 || Math.abs(here[1] - this.start.at[1]) > 4) this.start.moved = true;
    if (this.start.moved) {
      this.hideTip();
      this.show(this.start.from - (dx / this.plotWidth) * this.start.span, this.start.span);
    }
  }

  click(event) {
    const [x, y] = this.point(event);
    const node = nearestNode(this.tree, this.px, this.py, x, y, REACH);
    if (node < 0) return;
    const owner = this.cut.owner[node];
    if (event.pointerType !== "mouse") this.hover([x, y]);
    if (owner < 0) return;
    const symbol = node < this.tree.n ? this.data.symbols[node] : null;
    this.send("pick", { cluster: this.data.ids[owner], symbol });
  }

  hover([x, y]) {
    const node = nearestNode(this.tree, this.px, this.py, x, y, REACH);
    if (node < 0) { this.hideTip(); return; }
    const { tree, data, cut } = this;
    const owner = cut.owner[node];
    const where = owner < 0 ? "above the cut" : `cluster ${data.names[data.name_of[owner]]} (${tree.size[owner]})`;
    let lines;
    if (node < tree.n) lines = [data.assets[node], ...data.facts[node].split("\n"), where];
    else {
      const first = tree.first[node], size = tree.size[node];
      const members = data.order.slice(first, first + Math.min(size, HOVER_MEMBERS)).map((i) => data.assets[i]);
      const more = size > HOVER_MEMBERS ? ` and ${size - HOVER_MEMBERS} more` : "";
      lines = [
        `Merge at ${tree.height[node].toFixed(3)}`,
        `mean ${data.rho} ${data.rhos[node - tree.n].toFixed(2)} of ${size} assets, ${where}`,
        members.join(", ") + more,
      ];
    }
    this.tip.replaceChildren();
    lines.forEach((line, k) => element(this.tip, k ? "div" : "b", {}, line));
    this.tip.hidden = false;
    const left = Math.min(x + 14, this.width - this.tip.offsetWidth - 4);
    this.tip.style.left = `${Math.max(0, left)}px`;
    this.tip.style.top = `${this.svg.offsetTop + y + 14}px`;
    this.svg.style.cursor = owner < 0 ? "" : "pointer";
  }

  hideTip() { this.tip.hidden = true; this.svg.style.cursor = ""; }
}
