// The messages of a channel as a list, newest at the end. However many come, a bounded number is held: what a person reads here
// is a part of the channel without holes, the rest is read from the gateway when somebody scrolls there.

import { element } from './dom.js';
import { placeOf } from './message.js';

/** Rows that are held in the list, and waiting for it. */
const ROWS = 500;

/** The same as a size (characters): pictures are large. */
const WEIGHT = 16 * 1024 * 1024;

/** Rows are drawn at most this often (ms), and for at most a quarter of the time. */
const DRAW_EVERY = 100;
const REST = 3;

/**
 * A page of history: so many messages, and as many fewer as they are large (characters). So many at most are drawn at once: where more
 * come than anybody reads, the newest are enough, and the others are history.
 */
const PAGE = 100;
const PAGE_AT_LEAST = 5;
const PAGE_WEIGHT = 2 * 1024 * 1024;

/** So near to the end (px) counts as at the end; so near to the beginning more is read. */
const AT_END = 48;
const NEAR_BEGINNING = 400;

/** Browsers scroll smoothly: a way back that a key began goes on for so long (ms) after what ended it. */
const SETTLE = 500;

/**
 * While it is paused, or scrolled up, nothing moves and what is new waits.
 * @param {HTMLElement} pane what scrolls.
 * @param {HTMLElement} list the list in it.
 * @param {(message: object) => HTMLElement} row makes a row.
 * @param {{older: Function, newer: Function} | null} history reads pages (`history.js`); null where there is none.
 * @param {Function} changed is called after each change with `{total, news, shown, held, history}`; `history` is `none`, `more`, `reading`,
 * `failed`, `first` (the list begins with the channel's first message) or `kept` (with the oldest that is kept).
 */
export class MessageList {
  #shown = [];
  #shownWeight = 0;
  #waiting = [];
  #waitingWeight = 0;

  // Whether messages are missing between the list's end and what waits.
  #torn = false;

  // The place before which the history goes on, and whether there is nothing there.
  #edge = null;
  #beginning = false;
  #fills = true;
  #reading = false;
  #failed = false;
  #newest = null;
  #oldest = null;
  #total = 0;
  #news = 0;
  #paused = false;
  #away = false;
  #unfolding = 0;
  #rest = 0;
  #drawnAt = 0;
  #due = false;
  #top = 0;
  #settled = 0;

  constructor(pane, list, row, history, changed) {
    this.pane = pane;
    this.list = list;
    this.row = row;
    this.history = history;
    this.changed = changed;
    pane.addEventListener('scroll', () => this.#scrolled(), { passive: true });

    list.addEventListener('click', event => {
      if (event.target.closest('summary, button')) this.#unfold(event.target.closest('summary')?.parentElement);
    });
    new ResizeObserver(() => this.#held || this.#toEnd()).observe(pane);
  }

  get #held() {
    return this.#paused || this.#away || this.#unfolding > 0;
  }

  get #atBeginning() {
    return this.#beginning || this.#edge?.offset === 1;
  }

  // The place before which all is history.
  get #end() {
    return this.#newest && { ...this.#newest, offset: this.#newest.offset + 1 };
  }

  add(message) {
    const place = placeOf(message.id);
    this.#total++;
    this.#news++;
    this.#newest = place;
    this.#oldest ??= place;
    this.#put({ message, place, weight: message.data.length });
  }

  /** A line between messages, such as a gap. */
  note(text, kind) {
    this.#put({ note: text, kind, place: null, weight: text.length });
  }

  pause() {
    if (!this.#held) this.#news = this.#waiting.length;
    this.#paused = true;
    this.#tellChange();
  }

  /** Goes on, at the end. */
  follow() {
    this.#paused = false;
    this.#away = false;
    this.#settled = performance.now() + SETTLE;
    this.#draw();
    this.#toEnd();
  }

  /** Empties the list. What was there can be read again as history. */
  clear() {
    this.#waiting = [];
    this.#waitingWeight = 0;
    this.#empty();
    this.#fills = false;
    this.#edge = this.#end;
    this.#beginning = false;
    this.follow();
  }

  /** Reads what is before the list's beginning. */
  async older() {
    const edge = this.#edge;
    if (edge === null || this.history === null || this.#atBeginning || this.#reading) return;
    await this.#read(async () => {
      const { messages, first } = await this.history.older(edge, this.#page());

      // The list may have gone on meanwhile: then this is no longer next to it.
      if (edge !== this.#edge) return;
      this.#prepend(messages);
      this.#beginning = first;

      // What was seen before and left the list is no news.
      const begin = messages.length > 0 ? placeOf(messages[0].id) : edge;
      if (begin.epoch !== this.#oldest.epoch || begin.offset >= this.#oldest.offset) return;
      this.#total += this.#oldest.offset - begin.offset;
      this.#oldest = begin;
    });
  }

  // Reads what is between the list's end and what waits.
  async #newer() {
    const last = this.#shown.findLast(x => x.place !== null);
    if (this.#reading) return;
    if (last === undefined || this.history === null) {
      this.follow();
      return;
    }
    await this.#read(async () => {
      const { messages, gap } = await this.history.newer(last.id, this.#page());
      if (last !== this.#shown.findLast(x => x.place !== null) || !this.#torn) return;
      const next = this.#waiting.find(x => x.place !== null)?.place;
      const end = next ? next.offset - 1 : this.#newest.offset;
      const between = messages.filter(x => placeOf(x.id).offset <= end);

      // Where it is no longer kept, or of another epoch, only the newest are left to go on with.
      if (gap !== null || between.length === 0) {
        this.follow();
        return;
      }
      this.#keepInPlace(() => {
        this.#append(between.map(message => ({ message, place: placeOf(message.id), weight: message.data.length })));
        this.#trimBeginning();
      });
      this.#torn = this.#shown.at(-1).place.offset < end;
    });
  }

  async #read(page) {
    this.#reading = true;
    this.#tellChange();
    try {
      await page();
      this.#failed = false;
    } catch {
      this.#failed = true;
    } finally {
      this.#reading = false;
      this.#tellChange();
    }
    if (!this.#failed) this.#fill();
  }

  // Where there is room, history is shown without being asked for.
  #fill() {
    const { scrollHeight, clientHeight } = this.pane;
    if (this.#fills && !this.#held && !this.#failed && this.#shown.length < PAGE && scrollHeight < 2 * clientHeight) this.older();
  }

  #page() {
    const average = (this.#shownWeight + 1) / Math.max(1, this.#shown.length);
    return Math.max(PAGE_AT_LEAST, Math.min(PAGE, Math.floor(PAGE_WEIGHT / average)));
  }

  #put(item) {
    this.#waiting.push(item);
    this.#waitingWeight += item.weight;
    if (this.#waiting.length > 2 * ROWS || this.#waitingWeight > 2 * WEIGHT) this.#trimWaiting(ROWS);
    if (this.#due) return;
    this.#due = true;
    setTimeout(() => requestAnimationFrame(() => this.#draw()), Math.max(0, this.#drawnAt + this.#rest - performance.now()));
  }

  #trimWaiting(rows) {
    let drop = 0;
    while (this.#waiting.length - drop > rows || this.#waitingWeight > WEIGHT) this.#waitingWeight -= this.#waiting[drop++].weight;
    this.#waiting.splice(0, drop);
    this.#torn ||= drop > 0;
  }

  #draw() {
    const begun = performance.now();
    this.#due = false;
    if (!this.#held) {
      this.#trimWaiting(this.history === null ? ROWS : PAGE);
      if (this.#torn) this.#empty();
      if (this.#waiting.length > 0) {
        this.#append(this.#waiting);
        this.#waiting = [];
        this.#waitingWeight = 0;
        this.#trimBeginning();
        this.#toEnd();
      }
      if (this.#torn) this.#edge ??= this.#end;
      this.#torn = false;
      this.#news = 0;
      this.#fill();
    }
    this.#tellChange();
    this.#drawnAt = performance.now();
    this.#rest = Math.max(DRAW_EVERY, REST * (this.#drawnAt - begun));
  }

  #append(items) {
    const entries = items.map(x => this.#entry(x));
    this.list.append(...entries.map(x => x.element));
    this.#shown.push(...entries);
    this.#edge ??= entries.find(x => x.place !== null)?.place ?? null;
  }

  #prepend(messages) {
    const entries = messages.map(message => this.#entry({ message, place: placeOf(message.id), weight: message.data.length }));
    this.#keepInPlace(() => {
      this.list.prepend(...entries.map(x => x.element));
      this.#shown.unshift(...entries);
      this.#edge = entries[0]?.place ?? this.#edge;
      if (this.#held) this.#trimEnd();
    });
  }

  #entry({ message, note, kind, place, weight }) {
    this.#shownWeight += weight;
    return { element: note ? element('li', { className: `note ${kind}`, textContent: note }) : this.row(message), id: message?.id, place, weight };
  }

  #trimBeginning() {
    let drop = 0;
    while (this.#shown.length - drop > ROWS || (this.#shownWeight > WEIGHT && drop < this.#shown.length - 1)) {
      this.#shownWeight -= this.#shown[drop].weight;
      this.#shown[drop++].element.remove();
    }
    if (drop === 0) return;
    this.#shown.splice(0, drop);
    this.#edge = this.#shown.find(x => x.place !== null)?.place ?? this.#edge;
    this.#beginning = false;
  }

  #trimEnd() {
    while (this.#shown.length > ROWS || (this.#shownWeight > WEIGHT && this.#shown.length > 1)) {
      const { element: row, weight } = this.#shown.pop();
      this.#shownWeight -= weight;
      row.remove();
      this.#torn = true;
    }
  }

  #empty() {
    this.list.replaceChildren();
    this.#shown = [];
    this.#shownWeight = 0;
    this.#edge = null;
    this.#beginning = false;
  }

  // What is read stays where it is while rows come and go above it. Without a row in common there is nothing to keep.
  #keepInPlace(change) {
    const { top } = this.pane.getBoundingClientRect();
    const read = this.#shown.find(x => x.element.getBoundingClientRect().bottom > top)?.element;
    const before = read?.getBoundingClientRect().top;
    change();
    if (!this.#held) this.#toEnd();
    else if (read?.isConnected) this.pane.scrollTop += read.getBoundingClientRect().top - before;
    this.#top = this.pane.scrollTop;
  }

  #toEnd() {
    this.pane.scrollTop = this.pane.scrollHeight;
    this.#top = this.pane.scrollTop;
  }

  #scrolled() {
    const up = this.pane.scrollTop < this.#top;
    this.#top = this.pane.scrollTop;
    if (up && this.#isAway && performance.now() < this.#settled) this.#toEnd();
    else if (up || !this.#isAway) this.#holdWhereAway();
    if (up && this.pane.scrollTop < NEAR_BEGINNING) this.older();
  }

  get #isAway() {
    const { scrollTop, scrollHeight, clientHeight } = this.pane;
    return scrollHeight - clientHeight - scrollTop > AT_END;
  }

  #holdWhereAway() {
    if (this.#isAway) {
      if (!this.#held) this.#news = this.#waiting.length;
      this.#away = true;
      this.#tellChange();
    } else if (this.#away && this.#torn) {
      this.#newer();
    } else if (this.#away) {
      this.#away = false;
      this.#draw();
    }
  }

  // Who unfolds something reads it: nothing moves from now on. What is unfolded is there two frames later; of details only after their event, which a busy
  // browser sends when it comes to it.
  #unfold(details) {
    this.#unfolding++;
    let waits = true;
    const decide = () => {
      if (!waits) return;
      waits = false;
      requestAnimationFrame(() => requestAnimationFrame(() => {
        this.#unfolding--;
        this.#holdWhereAway();
        if (!this.#held) this.#draw();
      }));
    };
    if (details === undefined) {
      decide();
      return;
    }
    details.addEventListener('toggle', decide, { once: true });
    setTimeout(decide, SETTLE);
  }

  get #historyState() {
    if (this.history === null || this.#edge === null) return 'none';
    if (this.#reading) return 'reading';
    if (this.#atBeginning) return this.#edge.offset === 1 ? 'first' : 'kept';
    return this.#failed ? 'failed' : 'more';
  }

  #tellChange() {
    this.changed({ total: this.#total, news: this.#news, shown: this.#shown.length, held: this.#held, history: this.#historyState });
  }
}
