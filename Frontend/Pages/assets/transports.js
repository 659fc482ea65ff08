// How a channel is used from elsewhere: every transport, as a line for a terminal or a page, and as an address.

import { pathOf, isSeveral } from './addresses.js';
import { commandList } from './commands.js';
import { element } from './dom.js';

/**
 * Shows them in `place`, with the addresses of the node in use.
 * @param {boolean} writes whether the channel may be published to.
 */
export function showTransports(place, cluster, channel, writes, status) {
  const url = (query = '') => `${cluster.base}${pathOf(channel)}${query}`;
  const socket = () => url().replace(/^http/, 'ws');
  const stream = (what, query, single = true) => ({ what, line: () => `curl -N ${query === '' ? url() : `'${url(query)}'`}`, url: () => url(query), single });
  const groups = {
    Publish: [
      { what: 'Text', line: () => `curl -d 'Hello, world' ${url()}`, url, single: true },
      { what: 'JSON', line: () => `curl -H 'Content-Type: application/json' -d '{"hello":"world"}' ${url()}`, single: true },
      { what: 'A file', line: () => `curl -H 'Content-Type: image/png' --data-binary @picture.png ${url()}`, single: true },
    ].filter(() => writes),
    Subscribe: [
      stream('Raw: each message and a line’s end', ''),
      stream('JSON: an object a line, with ids to resume from', '?as=json', false),
      stream('Server-sent events', '?as=sse', false),
      { what: 'WebSocket', line: () => `new WebSocket('${socket()}')`, url: socket, single: true },
      { what: 'WebSocket, as JSON', line: () => `new WebSocket('${socket()}', 'gateway.json')`, url: socket },
      { what: 'A live picture, for channels of pictures', line: () => `<img src="${url('?as=tail')}" alt="">`, url: () => url('?as=tail'), single: true },
      { what: 'The newest text as a live picture', line: () => `<img src="${url('?as=tail&render=svg')}" alt="">`, url: () => url('?as=tail&render=svg'), single: true },
    ],
    'Look back': [
      { what: 'What there is, and an end', line: () => `curl '${url('?poll=1')}'`, url: () => url('?poll=1'), single: true },
      stream('The last 10 minutes, then live', '?since=10m'),
      stream('All that is kept, then live', '?since=all'),
    ],
  };
  const updates = [];
  for (const [name, all] of Object.entries(groups)) {
    const commands = all.filter(x => !x.single || !isSeveral(channel));
    if (commands.length === 0) continue;
    const list = element('ol', { className: 'commands' });
    place.append(element('h3', { textContent: name }), list);
    updates.push(commandList(list, commands, status));
  }
  cluster.addEventListener('move', () => updates.forEach(update => update()));
}
