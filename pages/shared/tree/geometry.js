// What a tree looks like at a threshold. Pure functions of plain arrays; nothing here draws.
//
// A tree has n leaves (nodes 0 … n−1, in symbol order) and n−1 merges (nodes n … 2n−2, in order of
// rising height): left[r], right[r] are the children of merge r, heights[r] its height. `order`
// lists the leaves from left to right.

function growTree(data) {
  const n = data.order.length;
  const nodes = 2 * n - 1;
  const x = new Float64Array(nodes), height = new Float64Array(nodes);
  const first = new Int32Array(nodes), size = new Int32Array(nodes).fill(1);
  const smallest = new Int32Array(nodes), parent = new Int32Array(nodes).fill(-1);
  data.order.forEach((leaf, place) => { x[leaf] = place; first[leaf] = place; smallest[leaf] = leaf; });
  for (let row = 0; row < n - 1; row++) {
    const node = n + row, a = data.left[row], b = data.right[row];
    x[node] = (x[a] + x[b]) / 2;
    height[node] = data.heights[row];
    size[node] = size[a] + size[b];
    first[node] = Math.min(first[a], first[b]);
    smallest[node] = Math.min(smallest[a], smallest[b]);
    parent[a] = parent[b] = node;
  }
  return { n, nodes, x, height, first, size, smallest, parent, left: data.left, right: data.right };
}

// How many merges lie at or below t: the clusters are n less that many.
function mergesBelow(tree, t) {
  let low = 0, high = tree.n - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tree.height[tree.n + middle] <= t) low = middle + 1; else high = middle;
  }
  return low;
}

// For every node the topmost node of its cluster, −1 above the cut; and the clusters' top nodes,
// largest first, of equals the one with the smallest symbol.
function cutTree(tree, t) {
  const kept = tree.n + mergesBelow(tree, t);
  const owner = new Int32Array(tree.nodes).fill(-1);
  const tops = [];
  for (let node = kept - 1; node >= 0; node--) {
    const parent = tree.parent[node];
    if (parent >= 0 && parent < kept) owner[node] = owner[parent];
    else { owner[node] = node; tops.push(node); }
  }
  tops.sort((a, b) => tree.size[b] - tree.size[a] || tree.smallest[a] - tree.smallest[b]);
  const alone = tops.reduce((sum, node) => sum + (tree.size[node] === 1), 0);
  return { t, kept, owner, tops, alone, largest: tree.size[tops[0]] };
}

// Brackets as SVG path text, one for each colour; px and py map leaf places and heights to pixels.
// Merges outside the visible places are left out.
function bracketPaths(tree, cut, colorOf, above, px, py, from, to) {
  const paths = new Map();
  for (let row = 0; row < tree.n - 1; row++) {
    const node = tree.n + row;
    if (tree.first[node] > to || tree.first[node] + tree.size[node] - 1 < from) continue;
    const a = tree.left[row], b = tree.right[row];
    const top = py(tree.height[node]).toFixed(1);
    const color = node < cut.kept ? colorOf(cut.owner[node]) : above;
    const piece = `M${px(tree.x[a]).toFixed(1)} ${py(tree.height[a]).toFixed(1)}V${top}` +
      `H${px(tree.x[b]).toFixed(1)}V${py(tree.height[b]).toFixed(1)}`;
    paths.set(color, (paths.get(color) || "") + piece);
  }
  return paths;
}

// The node nearest to a point, in pixels; −1 if none is within `reach`. Merges go before leaves.
function nearestNode(tree, px, py, x, y, reach) {
  let found = -1, best = reach * reach;
  for (let node = tree.nodes - 1; node >= 0; node--) {
    const dx = px(tree.x[node]) - x, dy = py(tree.height[node]) - y;
    if (dx * dx + dy * dy < best) { best = dx * dx + dy * dy; found = node; }
  }
  if (found >= 0) return found;
  // A branch can be hit anywhere on its bracket's bar.
  for (let node = tree.n; node < tree.nodes; node++) {
    const a = px(tree.x[tree.left[node - tree.n]]), b = px(tree.x[tree.right[node - tree.n]]);
    const inside = x >= Math.min(a, b) && x <= Math.max(a, b);
    if (inside && Math.abs(py(tree.height[node]) - y) < reach / 2) return node;
  }
  return -1;
}
