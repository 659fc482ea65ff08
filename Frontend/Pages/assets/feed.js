// Follows a channel through any node, for ever: each message once, in order, whichever node dies meanwhile.

import { pathOf } from './addresses.js';
import { eventsOf } from './events.js';
import { fromJson, placeOf } from './message.js';
import { problemOf } from './problem.js';

/** A node sends the headers at once. One that takes longer (ms) is frozen, or so busy that another is better. */
const OPEN_TIMEOUT = 2500;

/** A node that says no (a bad name, a form that it does not have) will say so again: it is asked rarely (ms). */
const REFUSED_PAUSE = 5000;

/** After so much work at a stretch (ms) the browser may draw and hear the person. */
const STRETCH = 30;

/**
 * What a feed tells, each a function that may be left out:
 * - `message(message, age)`: `age` is how long ago (ms) the gateway accepted it, by the node's clock
 * - `gap({after, resumed, missed})`: messages are known to be missing; `missed` is null where it is not known how many
 * - `end(reason)`: `deleted` or `slow`; it goes on by itself
 * - `state({phase, base, since, from, took, after, problem})`: `phase` is `connecting`, `connected` (`since`: a Date; `from`: the
 *   node that was lost before, or null; `took`: ms, null where not known; `after`: the id after which it went on), `reconnecting` or
 *   `refused` (`problem`)
 */
export class Feed {
  #cluster;
  #channel;
  #tell;
  #source = null;
  #timer = null;
  #id;
  #place;
  #wasOpen = false;
  #lost = null;

  /** @param {string | null} after the id after which it begins; without one with what is new. */
  constructor(cluster, channel, tell, after = null) {
    this.#cluster = cluster;
    this.#channel = channel;
    this.#tell = tell;
    this.#id = after;
    this.#place = placeOf(after);
    cluster.addEventListener('move', () => this.#follow());
    cluster.addEventListener('asleep', () => this.#close());
    this.#follow();
  }

  #follow() {
    if (this.#cluster.asleep || this.#source?.base === this.#cluster.base) return;

    // Its node is frozen: for how long already, nobody can tell.
    if (this.#source !== null) this.#lost ??= { base: this.#source.base, at: null };
    this.#open(this.#cluster.base);
  }

  #open(base) {
    this.#close();
    const source = { base, abort: new AbortController(), clock: 0, beginning: !this.#wasOpen };
    this.#source = source;
    this.#say({ phase: this.#wasOpen ? 'reconnecting' : 'connecting', base });
    this.#timer = setTimeout(() => this.#lose(source), OPEN_TIMEOUT);
    this.#read(source).catch(() => this.#lose(source));
  }

  async #read(source) {
    const since = encodeURIComponent(this.#id ?? 'none');
    const response = await fetch(`${source.base}${pathOf(this.#channel)}?as=json&since=${since}`, { cache: 'no-store', signal: source.abort.signal });
    if (source !== this.#source) return;
    clearTimeout(this.#timer);
    if (response.status >= 400 && response.status < 500) {
      await this.#refused(source, response);
      return;
    }
    if (!response.ok) throw new Error(`${response.status}`);
    let rested = performance.now();
    for await (const events of eventsOf(response)) {
      for (const event of events) {
        if (source !== this.#source) return;
        this.#take(source, event);
      }
      this.#cluster.heardFrom(source.base);
      if (performance.now() - rested < STRETCH) continue;
      await new Promise(resolve => setTimeout(resolve));
      rested = performance.now();
    }
    this.#lose(source);
  }

  async #refused(source, response) {
    const problem = await problemOf(response);
    if (source !== this.#source) return;
    this.#close();
    this.#say({ phase: 'refused', base: source.base, problem });
    this.#timer = setTimeout(() => this.#follow(), REFUSED_PAUSE);
  }

  #take(source, event) {
    switch (event.event) {
      case 'open':
        this.#opened(source, event);
        break;
      case 'message':
        this.#takeMessage(source, event);
        break;
      case 'gap':
        this.#takeGap(source, event);
        break;
      case 'end':
        this.#takeEnd(source, event.reason);
        break;
    }
  }

  // The node's clock is told at the beginning: the reader's own may be another.
  #opened(source, { id, time }) {
    source.clock = Date.parse(time) - performance.now();
    this.#wasOpen = true;
    this.#id ??= id;
    this.#place ??= placeOf(id);
    this.#cluster.arrivedAt(source.base);
    const lost = this.#lost;
    this.#lost = null;
    this.#say({
      phase: 'connected',
      base: source.base,
      since: new Date(),
      from: lost?.base ?? null,
      took: lost?.at == null ? null : performance.now() - lost.at,
      after: this.#id,
    });
  }

  #takeMessage(source, event) {
    const place = placeOf(event.id);
    const last = this.#place;
    if (place !== null && place.epoch === last?.epoch) {
      if (place.offset <= last.offset) return;

      // Offsets have no holes: one is a loss, and is said.
      const missed = place.offset - last.offset - 1;
      if (missed > 0) this.#tell.gap?.({ after: this.#id, resumed: `${place.epoch}-${place.offset - 1}`, missed });
    }
    source.beginning = false;
    this.#id = event.id;
    this.#place = place ?? last;
    const message = fromJson(event);
    this.#tell.message?.(message, source.clock + performance.now() - message.time);
  }

  // Where the feed begins, a gap says only that less of the history is kept.
  #takeGap(source, gap) {
    this.#id = gap.id;
    this.#place = placeOf(gap.id);
    if (!source.beginning) this.#tell.gap?.(gap);
  }

  // Only a node that stops is left: elsewhere it would be the same.
  #takeEnd(source, reason) {
    if (reason === 'shutdown') {
      this.#lose(source);
      return;
    }
    this.#tell.end?.(reason);
    this.#lost ??= { base: source.base, at: performance.now() };
    this.#open(source.base);
  }

  #lose(source) {
    if (source !== this.#source) return;
    this.#close();
    this.#lost ??= { base: source.base, at: performance.now() };
    this.#say({ phase: this.#wasOpen ? 'reconnecting' : 'connecting', base: source.base });
    this.#cluster.leave(source.base);
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.abort.abort();
    this.#source = null;
  }

  #say(state) {
    this.#tell.state?.(state);
  }
}
