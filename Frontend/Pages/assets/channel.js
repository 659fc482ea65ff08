// The page of a channel: its messages live, and a field to publish.

import { channelOf, isSeveral, pathOf } from './addresses.js';
import { Cluster } from './cluster.js';
import { commandList } from './commands.js';
import { byId, element, setText } from './dom.js';
import { Feed } from './feed.js';
import { newest } from './history.js';
import { MessageList } from './message-list.js';
import { publish } from './publish.js';
import { keepLinks, stateLine } from './state.js';
import { plain, visible } from './text.js';

const KEPT_SHOWN = 100;

const channel = channelOf(location.pathname);
const cluster = new Cluster();
const showState = stateLine(byId('state'), cluster);
const url = () => cluster.base + pathOf(channel);

document.title = `${plain(channel)} · OrleansGateway`;
byId('channel-name').replaceChildren(visible(channel));

// Messages.

const pauseButton = byId('pause');
const list = new MessageList(byId('messages-pane'), byId('messages'), cluster, channel, ({ total, waiting, shown, held }) => {
  setText(byId('count'), `${total.toLocaleString('en')} ${total === 1 ? 'message' : 'messages'}${total > shown && shown > 400 ? `, the newest ${shown} shown` : ''}`);
  setText(pauseButton, held ? (waiting > 0 ? `Follow (${waiting >= 500 ? '500+' : waiting} new)` : 'Follow') : 'Pause');
  pauseButton.dataset.held = String(held);
  byId('empty').hidden = shown > 0;
});
pauseButton.addEventListener('click', () => (pauseButton.dataset.held === 'true' ? list.follow() : list.pause()));
byId('clear').addEventListener('click', () => list.clear());

function noteGap({ after, missed }) {
  const many = missed === null || missed === undefined ? 'Messages' : missed === 1 ? '1 message' : `${missed.toLocaleString('en')} messages`;
  list.note(`${many} after ${after} ${missed === 1 ? 'is' : 'are'} no longer kept`, 'gap');
}

function noteState(state) {
  showState(state);
  if (state.phase !== 'connected' || state.from === null || state.from === state.base) return;
  const [from, to] = [state.from, state.base].map(x => cluster.nameOf(x) ?? x);
  list.note(`${from} stopped answering: went on with ${to}`, 'moved');
}

async function follow() {
  const past = isSeveral(channel) ? null : await newest(cluster.base, channel, KEPT_SHOWN);
  past?.messages.forEach(message => list.add(message));
  new Feed(cluster, channel, { message: message => list.add(message), gap: noteGap, state: noteState }, { after: past?.after, span: isSeveral(channel) ? 0 : 60 });
}

// Publishing.

const form = byId('publish-form');
const field = byId('publish-text');
const result = byId('publish-result');
let sending = Promise.resolve();

function closedBecause() {
  if (channel === 'numbers') return 'Only the bridge publishes here: it feeds this channel from the number server.';
  if (channel === 'announce') return 'Only the nodes publish here: each says its name in turn, with a star while it owns the bridge.';
  if (isSeveral(channel)) return 'This page shows several channels at once. Open one of them to publish to it.';
  return null;
}

function showResult(kind, ...parts) {
  result.dataset.kind = kind;
  result.replaceChildren(...parts);
}

async function send(text) {
  try {
    const { id, base } = await publish(cluster, channel, text);
    showResult('ok', 'Published as ', element('code', { textContent: id, data: { ack: id } }), ` through ${cluster.nameOf(base) ?? base}`);
  } catch (problem) {
    showResult('error', element('strong', { textContent: `${problem.title}. ` }), problem.detail ?? String(problem));
    if (field.value === '') field.value = text;
  }
}

form.addEventListener('submit', event => {
  event.preventDefault();
  const text = field.value;
  if (text === '') {
    showResult('hint', 'Type a message first.');
    field.focus();
    return;
  }
  field.value = '';
  showResult('hint', 'Publishing …');

  // One after the other: they arrive in the order in which they were typed.
  sending = sending.then(() => send(text));
});

field.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

const closed = closedBecause();
form.hidden = closed !== null;
setText(byId('publish-closed'), closed ?? '');
byId('publish-closed').hidden = closed === null;

// With curl.

const commands = [
  { what: 'Subscribe', line: () => `curl -N ${url()}`, single: true },
  { what: 'Publish', line: () => `curl -d 'Hello, world' ${url()}`, single: true, writes: true },
  { what: 'With ids to resume from', line: () => `curl -N -H 'Accept: text/event-stream' ${url()}` },
  { what: 'The last 10 minutes, then live', line: () => `curl -N '${url()}?since=10m'`, single: true },
].filter(x => (!x.single || !isSeveral(channel)) && (!x.writes || closed === null));
cluster.addEventListener('move', commandList(byId('channel-commands'), commands));

keepLinks(cluster);
cluster.start();
follow();
