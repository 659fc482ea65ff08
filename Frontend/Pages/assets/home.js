// The home page: the numbers, the nodes, the announcements and the channels live.

import { Announcements } from './announcements.js';
import { pathOf, ruleBrokenBy } from './addresses.js';
import { Channels } from './channels.js';
import { Cluster } from './cluster.js';
import { commandList } from './commands.js';
import { byId, setText } from './dom.js';
import { Feed } from './feed.js';
import { beforeNewest } from './history.js';
import { Nodes } from './nodes.js';
import { Numbers } from './numbers.js';
import { keepLinks, stateLine } from './state.js';

const cluster = new Cluster();
const nodes = new Nodes(byId('nodes'), cluster);
const numbers = new Numbers();
const announcements = new Announcements(byId('announcements'));
const showState = stateLine(byId('state'), cluster);

const owner = () => cluster.nodes.find(x => x.bridge === true);
const numberOf = node => /\d+$/.exec(node?.name ?? '')?.[0];

const copied = byId('copied');
const updateTry = commandList(byId('try-commands'), [
  { what: 'The numbers, as they come', line: () => `curl -N ${cluster.base}/numbers` },
  { what: 'Subscribe to a channel', line: () => `curl -N ${cluster.base}/hello` },
  { what: 'Publish to it, from another terminal', line: () => `curl -d 'Hello, world' ${cluster.base}/hello` },
  { what: 'As server-sent events, with ids to resume from', line: () => `curl -N -H 'Accept: text/event-stream' ${cluster.base}/hello` },
  { what: 'What was published in the last minute, then live', line: () => `curl -N '${cluster.base}/hello?since=1m'` },
], copied);

const updateKill = commandList(byId('kill-commands'), [
  {
    what: () => (owner() ? `Find the process: the bridge is on ${owner().name} now` : 'Find the process of the node that owns the bridge'),
    line: () => './gateway status',
  },
  { what: () => `End it without a warning${owner() ? `, with the pid of ${owner().name}` : ''}`, line: () => 'kill -9 PID' },
  {
    what: 'Bring it back',
    line: () => `./gateway start node ${numberOf(cluster.nodes.find(x => x.status === 'dead') ?? owner()) ?? 2}`,
  },
], copied);

function showPath() {
  const bridge = owner();
  setText(byId('path-bridge'), bridge ? `bridge on ${bridge.name}` : 'bridge: moving to another node');
  setText(byId('path-node'), cluster.reachable ? (cluster.nameOf(cluster.base) ?? cluster.base) : 'no node');
}

cluster.addEventListener('view', () => {
  nodes.show();
  byId('cluster').classList.toggle('stale', !cluster.reachable);
  setText(byId('view'), cluster.reachable ? '' : 'No node answers: this is how it was last seen.');
  showPath();
  updateKill();
});
cluster.addEventListener('move', updateTry);
keepLinks(cluster);
cluster.start();

const open = byId('open-form');
open.addEventListener('submit', event => {
  event.preventDefault();
  const channel = open.elements.channel.value.replace(/^\//, '');
  const rule = ruleBrokenBy(channel);
  setText(byId('open-problem'), rule);
  if (rule === '') location.assign(cluster.base + pathOf(channel));
});

async function follow(channel, kept, message, state) {
  new Feed(cluster, channel, { message, state }, await beforeNewest(cluster.base, channel, kept));
}

new Channels(cluster);
follow('numbers', 60, ({ data }, age) => numbers.add(data, performance.now() - age), showState);
follow('announce', 10, message => announcements.add(message));
