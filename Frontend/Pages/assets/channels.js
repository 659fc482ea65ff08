// The channels of the cluster, a page of them at a time, and how fast messages come to each: by how far the offset of its newest
// message went between two looks at it.

import { pathOf } from './addresses.js';
import { byId, element, setText } from './dom.js';
import { placeOf } from './message.js';
import { problemOf } from './problem.js';
import { rateText } from './rate.js';
import { nodeLink } from './state.js';
import { bytesText, visible } from './text.js';
import { clock } from './time.js';

const LIMIT = 10;
const LOOK_EVERY = 2000;
const LOOK_TIMEOUT = 3000;

/** A rate is counted over so many looks at most. */
const LOOKS = 6;

/** Whoever types is not asked at each letter (ms). */
const TYPING = 200;

export class Channels {
  #cluster;
  #rows = new Map();
  #looks = new Map();

  // Where each page up to this one begins: after these names.
  #pages = [null];
  #next = null;
  #asked = null;
  #timer = null;
  #typing = null;
  #seen = null;
  #search = byId('channels-prefix');
  #body = byId('channels-rows');
  #status = byId('channels-status');
  #note = byId('channels-note');
  #previousButton = byId('channels-previous');
  #nextButton = byId('channels-next');

  constructor(cluster) {
    this.#cluster = cluster;
    byId('channels-form').addEventListener('submit', event => {
      event.preventDefault();
      this.#find();
    });
    this.#search.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#find(), TYPING);
    });
    this.#nextButton.addEventListener('click', () => this.#turn(() => this.#pages.push(this.#next)));
    this.#previousButton.addEventListener('click', () => this.#turn(() => this.#pages.pop()));
    cluster.addEventListener('move', () => this.#look());
    cluster.addEventListener('asleep', () => this.#stop());
    this.#look();
  }

  #find() {
    clearTimeout(this.#typing);
    this.#turn(() => (this.#pages = [null]));
  }

  #turn(change) {
    change();
    this.#look();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    this.#asked = null;
  }

  async #look() {
    this.#stop();
    if (this.#cluster.asleep) return;
    const asked = (this.#asked = new AbortController());
    const problem = await this.#ask(asked);
    if (asked !== this.#asked) return;
    if (problem !== null) this.#fail(problem);
    this.#timer = setTimeout(() => this.#look(), LOOK_EVERY);
  }

  async #ask(asked) {
    const query = new URLSearchParams({ prefix: this.#search.value.replace(/^\//, ''), limit: LIMIT });
    const after = this.#pages.at(-1);
    if (after !== null) query.set('after', after);
    try {
      const signal = AbortSignal.any([asked.signal, AbortSignal.timeout(LOOK_TIMEOUT)]);
      const response = await fetch(`${this.#cluster.base}/-/channels?${query}`, { headers: { Accept: 'application/json' }, cache: 'no-store', signal });
      if (!response.ok) return (await problemOf(response)).title;
      const answer = await response.json();
      if (asked === this.#asked) this.#show(answer);
      return null;
    } catch {
      return 'The node does not answer';
    }
  }

  #show({ channels, next, missing }) {
    // A page whose channels went away while it was shown.
    if (channels.length === 0 && this.#pages.length > 1) {
      this.#pages.pop();
      this.#timer = setTimeout(() => this.#look());
      return;
    }
    this.#seen = new Date();
    this.#next = next ?? null;
    const now = performance.now();
    const shown = new Map(channels.map(info => [info.channel, this.#row(info, this.#rate(info, now))]));
    this.#rows = shown;
    for (const name of this.#looks.keys()) if (!shown.has(name)) this.#looks.delete(name);

    // In place where the channels are the same: focus and selection stay.
    const rows = [...shown.values()].map(x => x.root);
    if (rows.length !== this.#body.childElementCount || rows.some((x, i) => x !== this.#body.children[i])) this.#body.replaceChildren(...rows);
    this.#body.parentElement.hidden = rows.length === 0;
    this.#body.parentElement.classList.remove('stale');
    const none = this.#search.value === '' ? 'There is no channel yet.' : 'No channel begins so.';
    const partly = missing ? `Subscribers are counted without those of ${missing.join(', ')}, which does not answer.` : '';
    setText(this.#note, rows.length === 0 ? none : partly);
    this.#note.hidden = this.#note.textContent === '';

    const from = (this.#pages.length - 1) * LIMIT;
    setText(this.#status, rows.length === 0 ? '' : `${(from + 1).toLocaleString('en')}–${(from + rows.length).toLocaleString('en')}`);
    this.#previousButton.disabled = this.#pages.length === 1;
    this.#nextButton.disabled = this.#next === null;
  }

  // What was seen last stays, and says how old it is.
  #fail(problem) {
    this.#body.parentElement.classList.add('stale');
    this.#note.hidden = false;
    setText(this.#note, `${problem}: ${this.#seen === null ? 'the channels cannot be listed now.' : `this is as it was at ${clock(this.#seen)}.`}`);
  }

  /** Messages a second, or null where it was seen once only. */
  #rate({ channel, lastId }, now) {
    const place = placeOf(lastId);
    if (place === null) return null;
    const before = this.#looks.get(channel);
    const looks = before?.at(-1).epoch === place.epoch ? before : [];
    looks.push({ ...place, now });
    if (looks.length > LOOKS) looks.shift();
    this.#looks.set(channel, looks);
    return looks.length < 2 ? null : ((place.offset - looks[0].offset) * 1000) / (now - looks[0].now);
  }

  #row({ channel, subscribers, lastId, messages, bytes }, rate) {
    const row = this.#rows.get(channel) ?? newRow(this.#cluster, channel);
    setText(row.id, lastId ?? '');
    setText(row.rate, rate === null ? '…' : rate === 0 ? '–' : rateText(rate));
    setText(row.messages, messages.toLocaleString('en'));
    row.messages.title = bytesText(bytes);
    setText(row.subscribers, subscribers.toLocaleString('en'));
    return row;
  }
}

function newRow(cluster, channel) {
  const cells = {
    id: element('span', { className: 'channel-id' }),
    rate: element('td', { className: 'count' }),
    messages: element('td', { className: 'count', data: { label: 'kept' } }),
    subscribers: element('td', { className: 'count', data: { label: 'subscribers' } }),
  };
  const link = nodeLink(cluster, pathOf(channel), '');
  link.append(element('bdi', {}, visible(channel)));
  const name = element('th', { scope: 'row' }, link, ' ', cells.id);
  return { root: element('tr', { data: { channel } }, name, cells.rate, cells.messages, cells.subscribers), ...cells };
}
