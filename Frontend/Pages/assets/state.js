// The line that says to which node the page is connected, and links that go on with it.

import { element, setText } from './dom.js';
import { placeOf } from './message.js';
import { clock } from './time.js';

/** Keeps `line` up to date. Returns the function that takes a feed's states. */
export function stateLine(line, cluster) {
  let state = { phase: 'connecting' };
  const text = element('span', { className: 'state-text' });
  line.replaceChildren(element('span', { className: 'dot', ariaHidden: 'true' }), text);

  const show = () => {
    line.dataset.phase = state.phase;
    const name = cluster.nameOf(state.base);
    line.dataset.connected = state.phase === 'connected' ? (name ?? state.base) : '';
    setText(text, sentence(state, name, cluster));
  };
  cluster.addEventListener('view', show);
  show();
  return next => {
    state = next;
    show();
  };
}

function sentence({ phase, base, since, from, took, after, problem }, name, cluster) {
  const node = name === null ? base : `${name} (${base})`;
  switch (phase) {
    case 'connected': {
      const before = from === null ? '' : ` · resumed${from === base ? '' : ` from ${cluster.nameOf(from) ?? from}`}${within(took)}${placeOf(after) ? ` after ${after}` : ''}`;
      return `connected to ${node} since ${clock(since)}${before}`;
    }
    case 'refused':
      return `${name ?? base} says no: ${problem.title}. ${problem.detail}`;
    case 'reconnecting':
      return cluster.reachable ? `reconnecting: ${name ?? base} does not answer …` : 'reconnecting: no node answers …';
    default:
      return 'connecting …';
  }
}

const within = ms => (ms === null ? '' : ms < 1000 ? ` within ${Math.ceil(ms)} ms` : ` within ${(ms / 1000).toFixed(1)} s`);

/** A link to a path of the gateway, which leads to the node in use. */
export const nodeLink = (cluster, path, text, properties = {}) =>
  element('a', { ...properties, href: cluster.base + path, data: { path } }, text);

/** Keeps all links with `data-path` on the node in use: the page's own node may be gone. */
export function keepLinks(cluster) {
  cluster.addEventListener('move', () => {
    for (const link of document.querySelectorAll('a[data-path]')) link.href = cluster.base + link.dataset.path;
  });
}
