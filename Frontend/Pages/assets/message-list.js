// The messages of a channel as a list, newest at the end: as many as a person can read, however many come.

import { isSeveral, pathOf } from './addresses.js';
import { element } from './dom.js';
import { nodeLink } from './state.js';
import { beginningOf, bytesText, describeBinary, visible } from './text.js';
import { fineClock, timeElement } from './time.js';

/** Rows that are kept. */
const ROWS = 500;

/** Rows are drawn at most this often (ms): thousands of messages a second are a few hundred rows a time. */
const DRAW_EVERY = 100;

/** So near to the end (px) counts as at the end. */
const AT_END = 48;

/**
 * While it is paused, or scrolled up, nothing moves; the newest rows wait.
 * `changed({total, waiting, held})` is called after each change.
 */
export class MessageList {
  #waiting = [];
  #total = 0;
  #paused = false;
  #away = false;
  #drawnAt = 0;
  #due = false;
  #top = 0;

  constructor(pane, list, cluster, channel, changed) {
    this.pane = pane;
    this.list = list;
    this.cluster = cluster;
    this.path = isSeveral(channel) ? null : pathOf(channel);
    this.changed = changed;
    pane.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#held || this.#toEnd()).observe(pane);
  }

  get #held() {
    return this.#paused || this.#away;
  }

  add(message) {
    this.#total++;
    this.#put({ message });
  }

  /** A line between messages, such as a gap. */
  note(text, kind) {
    this.#put({ note: text, kind });
  }

  pause() {
    this.#paused = true;
    this.#tellChange();
  }

  /** Goes on, at the end. */
  follow() {
    this.#paused = false;
    this.#away = false;
    this.#draw();
    this.#toEnd();
  }

  clear() {
    this.#waiting = [];
    this.list.replaceChildren();
    this.#paused = false;
    this.#away = false;
    this.#tellChange();
  }

  #put(item) {
    this.#waiting.push(item);
    if (this.#waiting.length > 2 * ROWS) this.#waiting.splice(0, this.#waiting.length - ROWS);
    if (this.#due) return;
    this.#due = true;
    const pause = Math.max(0, this.#drawnAt + DRAW_EVERY - performance.now());
    setTimeout(() => requestAnimationFrame(() => this.#draw()), pause);
  }

  #draw() {
    this.#due = false;
    this.#drawnAt = performance.now();
    if (!this.#held && this.#waiting.length > 0) {
      const items = this.#waiting.slice(-ROWS);
      this.#waiting = [];
      const rows = document.createDocumentFragment();
      rows.append(...items.map(x => this.#row(x)));
      if (items.length === ROWS) this.list.replaceChildren(rows);
      else this.list.append(rows);
      while (this.list.childElementCount > ROWS) this.list.firstElementChild.remove();
      this.#toEnd();
    }
    this.#tellChange();
  }

  #row({ message, note, kind }) {
    if (note) return element('li', { className: `note ${kind}`, textContent: note });
    const { id, channel, data, binary, time } = message;
    const body = binary ? this.#binary(id, data) : this.#text(id, data);
    return element(
      'li',
      { className: 'message', data: { id, binary: String(binary) } },
      timeElement(time, fineClock),
      body,
      this.path === null ? element('bdi', { className: 'message-id' }, visible(channel)) : element('span', { className: 'message-id', textContent: id }),
    );
  }

  #text(id, data) {
    const shown = beginningOf(data);
    const body = element('div', { className: 'message-text', dir: 'auto' }, visible(shown));
    if (data === '') body.append(element('span', { className: 'aside', textContent: 'empty message' }));
    if (shown.length < data.length) body.append(' … ', this.#whole(id, `whole message, ${data.length.toLocaleString('en')} characters`));
    return body;
  }

  #binary(id, data) {
    const { size, hex, whole } = describeBinary(data);
    const body = element('div', { className: 'message-text binary' }, element('span', { className: 'aside', textContent: bytesText(size) }), ` ${hex}`);
    if (!whole) body.append(' … ', this.#whole(id, 'all bytes'));
    return body;
  }

  // The rest is not kept here: the gateway has it.
  #whole(id, text) {
    if (this.path === null) return text;
    return nodeLink(this.cluster, `/-/channels${this.path}?id=${encodeURIComponent(id)}`, text, { target: '_blank', rel: 'noopener' });
  }

  #toEnd() {
    this.pane.scrollTop = this.pane.scrollHeight;
    this.#top = this.pane.scrollTop;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.pane;
    const away = scrollHeight - clientHeight - scrollTop > AT_END;
    if (away && scrollTop < this.#top) {
      this.#away = true;
      this.#tellChange();
    } else if (!away && this.#away) {
      this.#away = false;
      this.#draw();
    }
    this.#top = scrollTop;
  }

  #tellChange() {
    this.changed({ total: this.#total, waiting: this.#waiting.length, shown: this.list.childElementCount, held: this.#held });
  }
}
