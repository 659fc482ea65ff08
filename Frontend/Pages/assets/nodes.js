// The nodes of the cluster as cards. They are kept and changed in place, so that focus and selection stay.

import { element, setText } from './dom.js';
import { duration } from './time.js';

export class Nodes {
  #cards = new Map();
  #alive = new Set();
  #died = new Map();

  constructor(list, cluster) {
    this.list = list;
    this.cluster = cluster;
  }

  /** Shows the cluster's newest view. */
  show() {
    if (this.cluster.nodes.length === 0) return;
    const names = new Set();
    for (const node of this.cluster.nodes) {
      names.add(node.name);
      if (!this.#cards.has(node.name)) this.#cards.set(node.name, card(this.list));
      this.#fill(this.#cards.get(node.name), node);
    }
    for (const [name, { root }] of this.#cards) {
      if (names.has(name)) continue;
      root.remove();
      this.#cards.delete(name);
    }
  }

  #fill(parts, node) {
    const { root } = parts;
    const here = this.cluster.reachable && node.origin !== null && node.origin === this.cluster.base;
    Object.assign(root.dataset, { node: node.name, status: node.status, bridge: String(node.bridge === true), here: String(here) });
    setText(parts.name, node.name);
    setText(parts.status, `${node.status}${this.#age(node)}`);
    parts.bridge.hidden = node.bridge !== true;
    parts.here.hidden = !here;
    setText(parts.http, node.http ?? 'not known yet');
    if (node.origin === null) parts.http.removeAttribute('href');
    else if (parts.http.href !== `${node.origin}/`) parts.http.href = `${node.origin}/`;
    setText(parts.silo, node.address ?? '');
    parts.statusLine.title = node.since ? `since ${new Date(node.since).toLocaleString()}` : '';
  }

  // `since` is when the node began; when it died is known only to a page that saw it.
  #age({ name, status, since }) {
    if (status !== 'dead') {
      this.#alive.add(name);
      this.#died.delete(name);
      return since ? ` for ${duration(Date.now() - new Date(since))}` : '';
    }
    if (this.#alive.delete(name)) this.#died.set(name, Date.now());
    return this.#died.has(name) ? ` for ${duration(Date.now() - this.#died.get(name))}` : '';
  }
}

function card(list) {
  const parts = {
    name: element('h3', { className: 'node-name' }),
    status: element('span', { className: 'node-status' }),
    bridge: element('span', { className: 'badge bridge', textContent: 'owns the bridge', hidden: true }),
    here: element('span', { className: 'badge here', textContent: 'this page is here', hidden: true }),
    http: element('a', { className: 'node-http' }),
    silo: element('span', { className: 'node-silo' }),
  };
  parts.statusLine = element('p', { className: 'node-state' }, element('span', { className: 'dot', ariaHidden: 'true' }), parts.status);
  parts.root = element(
    'li',
    { className: 'node' },
    element('div', { className: 'node-head' }, parts.name, parts.statusLine),
    element(
      'dl',
      {},
      element('dt', { textContent: 'HTTP' }),
      element('dd', {}, parts.http),
      element('dt', { textContent: 'Silo' }),
      element('dd', {}, parts.silo),
    ),
    element('p', { className: 'node-badges' }, parts.bridge, parts.here),
  );
  list.append(parts.root);
  return parts;
}
