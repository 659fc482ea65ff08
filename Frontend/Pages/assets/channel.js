// The page of a channel: its messages live and back to the oldest that is kept, and a field to publish.

import { channelOf, isSeveral, pathOf } from './addresses.js';
import { Cluster } from './cluster.js';
import { byId, element, setText } from './dom.js';
import { Feed } from './feed.js';
import { beforeNewest, newer, older } from './history.js';
import { messageRow } from './message-row.js';
import { MessageList } from './message-list.js';
import { placeOf } from './message.js';
import { publish } from './publish.js';
import { Rate, rateText } from './rate.js';
import { keepLinks, nodeLink, stateLine } from './state.js';
import { plain, visible } from './text.js';
import { showTransports } from './transports.js';

/** Messages that the page begins with; more are read where there is room for them. */
const AT_FIRST = 20;

const channel = channelOf(location.pathname);
const several = isSeveral(channel);
const cluster = new Cluster();
const showState = stateLine(byId('state'), cluster);

document.title = `${plain(channel)} · OrleansGateway`;
byId('channel-name').replaceChildren(visible(channel));
byId('channel-name').title = plain(channel);

// Messages.

const pane = byId('messages-pane');
const pauseButton = byId('pause');
const HISTORY = {
  reading: 'Reading older messages …',
  first: 'This is the first message of the channel.',
  kept: 'Older messages are no longer kept.',
  failed: 'Older messages cannot be read now.',
};

// The rest of a long message is not kept here: the gateway has it.
const whole = (id, text) =>
  several ? text : nodeLink(cluster, `/-/channels${pathOf(channel)}?id=${encodeURIComponent(id)}`, text, { target: '_blank', rel: 'noopener' });

const list = new MessageList(
  pane,
  byId('messages'),
  message => messageRow(message, several, whole),
  several ? null : { older: (place, count) => older(cluster.base, channel, place, count), newer: (id, count) => newer(cluster.base, channel, id, count) },
  ({ total, news, shown, held, history }) => {
    setText(byId('count'), `${total.toLocaleString('en')} ${total === 1 ? 'message' : 'messages'}`);
    setText(pauseButton, held ? (news > 0 ? `Follow (${news.toLocaleString('en')} new)` : 'Follow') : 'Pause');
    pauseButton.dataset.held = String(held);
    byId('empty').hidden = shown > 0;
    const line = byId('history');
    line.dataset.state = history;
    line.hidden = history === 'none';
    setText(byId('history-text'), HISTORY[history] ?? '');
    byId('older').hidden = history !== 'more' && history !== 'failed';
  },
);
const pauseOrFollow = () => (pauseButton.dataset.held === 'true' ? list.follow() : list.pause());
pauseButton.addEventListener('click', pauseOrFollow);
byId('clear').addEventListener('click', () => list.clear());
byId('older').addEventListener('click', () => {
  pane.focus();
  list.older();
});

const rate = new Rate(performance.now());
setInterval(() => {
  const now = performance.now();
  const perSecond = rate.silence(now) > 0 ? null : rate.at(now);
  setText(byId('rate'), perSecond === null ? '' : rateText(perSecond));
}, 500);

function noteGap({ after, missed }) {
  const many = missed === null || missed === undefined ? 'Messages' : missed === 1 ? '1 message' : `${missed.toLocaleString('en')} messages`;
  list.note(`${many} after ${after} ${missed === 1 ? 'is' : 'are'} no longer kept`, 'gap');
}

function noteEnd(reason) {
  if (reason === 'deleted') list.note('The channel was deleted', 'gap');
}

function noteState(state) {
  showState(state);
  if (state.phase !== 'connected' || state.from === null || state.from === state.base) return;
  const [from, to] = [state.from, state.base].map(x => cluster.nameOf(x) ?? x);
  list.note(`${from} stopped answering: went on with ${to}${placeOf(state.after) ? ` after ${state.after}` : ''}`, 'moved');
}

async function follow() {
  const after = several ? null : await beforeNewest(cluster.base, channel, AT_FIRST);
  const message = (message, age) => {
    list.add(message);
    rate.add(performance.now() - age);
  };
  new Feed(cluster, channel, { message, gap: noteGap, end: noteEnd, state: noteState }, after);
}

// Publishing.

const form = byId('publish-form');
const field = byId('publish-text');
const kind = byId('publish-kind');
const typeField = byId('publish-type');
const result = byId('publish-result');
let sending = Promise.resolve();

/** A media type (RFC 9110, 8.3.1), with whatever parameters. */
const CONTENT_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+( *;[ -~]*)?$/;

const isText = () => kind.selectedIndex === 0;

function closedBecause() {
  if (channel === 'numbers') return 'Only the bridge publishes here: it feeds this channel from the number server.';
  if (channel === 'announce') return 'Only the nodes publish here: each says its name in turn, with a star while it owns the bridge.';
  if (several) return 'This page shows several channels at once. Open one of them to publish to it.';
  return null;
}

function showKind() {
  typeField.hidden = kind.value !== '';
  setText(byId('publish-hint'), isText() ? 'Enter publishes, Shift+Enter begins a new line.' : 'Ctrl+Enter publishes.');
}

function showResult(kind, ...parts) {
  result.dataset.kind = kind;
  result.replaceChildren(...parts);
}

const showProblem = (title, detail) => showResult('error', element('strong', { textContent: `${title}. ` }), visible(detail));

/** What keeps a message from being published: what is wrong, and the field where; null where nothing does. */
function problemWith({ text, type }) {
  if (text === '') return ['Type a message first.', field];
  if (!CONTENT_TYPE.test(type)) return ['Type a content type, such as text/markdown.', typeField];
  if (type !== 'application/json') return null;
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return [`This is not JSON: ${error.message}`, field];
  }
}

async function send(message) {
  try {
    const { id, base } = await publish(cluster, channel, message);
    showResult('ok', 'Published as ', element('code', { textContent: id, data: { ack: id } }), ` through ${cluster.nameOf(base) ?? base}`);
  } catch (problem) {
    showProblem(problem.title ?? 'Not published', problem.detail ?? String(problem));
    if (field.value === '') field.value = message.text;
  }
}

form.addEventListener('submit', event => {
  event.preventDefault();
  const message = { text: field.value, type: kind.value || typeField.value.trim() };
  const problem = problemWith(message);
  if (problem !== null) {
    const [what, where] = problem;
    showResult('hint', visible(what));
    where.focus();
    return;
  }
  field.value = '';
  showResult('hint', 'Publishing …');

  // One after the other: they arrive in the order in which they were typed.
  sending = sending.then(() => send(message));
});

kind.addEventListener('change', showKind);
showKind();

const closed = closedBecause();
form.hidden = closed !== null;
setText(byId('publish-closed'), closed ?? '');
byId('publish-closed').hidden = closed === null;

// Keys.

const keys = byId('keys');
byId('keys-button').addEventListener('click', () => keys.showModal());

field.addEventListener('keydown', event => {
  if (event.key === 'Escape') pane.focus();
  const publishes = event.ctrlKey || event.metaKey || (isText() && !event.shiftKey);
  if (event.key !== 'Enter' || event.isComposing || !publishes) return;
  event.preventDefault();
  form.requestSubmit();
});

const ACTIONS = {
  p: pauseOrFollow,
  m: () => pane.focus(),
  w: () => form.hidden || field.focus(),
  '?': () => keys.showModal(),
};
document.addEventListener('keydown', event => {
  const typing = event.target.closest('input, textarea, select, dialog') !== null;
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = event.key === 'End' && event.target === pane ? () => list.follow() : ACTIONS[event.key.toLowerCase()];
  if (action === undefined) return;
  event.preventDefault();
  action();
});

showTransports(byId('channel-commands'), cluster, channel, closed === null, byId('copied'));
keepLinks(cluster);
cluster.start();
follow();
