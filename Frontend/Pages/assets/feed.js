// Follows a channel through any node, for ever: each message once, in order, whichever node dies meanwhile.

import { isSeveral, pathOf } from './addresses.js';
import { fromJson, placeOf } from './message.js';
import { problemOf } from './problem.js';

/** A node sends the headers at once. One that takes longer (ms) is frozen, or so busy that another is better. */
const OPEN_TIMEOUT = 2500;

/** What was published before a feed begins comes within this time (ms) of its beginning, and does not say when it was. */
const REPLAY = 300;

/** A node that says no (an unknown form, a bad name) will say so again: it is asked rarely (ms). */
const REFUSED_PAUSE = 5000;

/**
 * What a feed tells, each a function that may be left out:
 * - `message({id, channel, data, binary, time})`
 * - `gap({after, resumed, missed})`: messages are known to be missing; `missed` is null where it is not known how many
 * - `state({phase, base, since, from, took, problem})`: `phase` is `connecting`, `connected` (`since`: a Date; `from`:
 *   the node that was lost before, or null; `took`: ms, null where not known), `reconnecting` or `refused` (`problem`)
 */
export class Feed {
  #cluster;
  #channel;
  #tell;
  #several;
  #source = null;
  #timer = null;
  #id;
  #place;
  #span;
  #begun = performance.now();
  #lost = null;
  #wasConnected = false;
  #replayUntil = 0;

  /**
   * @param {object} start `after`: the id after which it begins; without one it begins `span` seconds ago.
   */
  constructor(cluster, channel, tell, { after = null, span = 0 } = {}) {
    this.#cluster = cluster;
    this.#channel = channel;
    this.#tell = tell;
    this.#several = isSeveral(channel);
    this.#id = after;
    this.#place = placeOf(after);
    this.#span = span;
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
    const source = new EventSource(`${base}${pathOf(this.#channel)}?as=sse&${this.#since()}`);
    source.base = base;
    this.#source = source;
    this.#say({ phase: this.#wasConnected ? 'reconnecting' : 'connecting', base });
    this.#timer = setTimeout(() => this.#lose(source), OPEN_TIMEOUT);
    source.onopen = () => this.#opened(source);
    source.onerror = () => this.#failed(source);
    source.addEventListener('message', event => this.#take(source, event, false));
    source.addEventListener('binary', event => this.#take(source, event, true));
    source.addEventListener('gap', event => this.#takeGap(source, event));
    source.addEventListener('end', () => this.#lose(source));
  }

  // The first id of a stream comes without a message, and scripts do not see it: until there is one, go by time, as
  // the gateway counts it.
  #since() {
    if (this.#id !== null) return `last_event_id=${encodeURIComponent(this.#id)}`;
    const age = Math.ceil(this.#span + (performance.now() - this.#begun) / 1000);
    return this.#wasConnected || this.#span > 0 ? `since=${age}s` : 'since=none';
  }

  #opened(source) {
    clearTimeout(this.#timer);
    this.#wasConnected = true;
    if (this.#id === null) this.#replayUntil = performance.now() + REPLAY;
    this.#cluster.arrivedAt(source.base);
    const lost = this.#lost;
    this.#lost = null;
    this.#say({
      phase: 'connected',
      base: source.base,
      since: new Date(),
      from: lost?.base ?? null,
      took: lost?.at == null ? null : performance.now() - lost.at,
    });
  }

  async #failed(source) {
    if (source !== this.#source) return;

    // The browser gives up by itself where the answer was no stream.
    const refused = source.readyState === EventSource.CLOSED ? await this.#refusal(source.url) : null;
    if (source !== this.#source) return;
    if (refused === null) {
      this.#lose(source);
      return;
    }
    this.#close();
    this.#say({ phase: 'refused', base: source.base, problem: refused });
    this.#timer = setTimeout(() => this.#follow(), REFUSED_PAUSE);
  }

  async #refusal(url) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), OPEN_TIMEOUT);
    try {
      const response = await fetch(url, { headers: { Accept: 'text/event-stream' }, signal: abort.signal });
      return response.status >= 400 && response.status < 500 ? await problemOf(response) : null;
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
  }

  #lose(source) {
    if (source !== this.#source) return;
    this.#close();
    this.#lost ??= { base: source.base, at: performance.now() };
    this.#say({ phase: this.#wasConnected ? 'reconnecting' : 'connecting', base: source.base });
    this.#cluster.leave(source.base);
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #take(source, event, binary) {
    if (source !== this.#source) return;
    this.#cluster.heardFrom(source.base);
    if (this.#several) {
      this.#id = event.lastEventId;
      this.#tell.message?.({ ...fromJson(JSON.parse(event.data)), id: event.lastEventId });
      return;
    }
    if (!this.#advance(placeOf(event.lastEventId))) return;
    this.#id = event.lastEventId;
    this.#tell.message?.({ id: event.lastEventId, channel: this.#channel, data: event.data, binary, time: this.#timeNow() });
  }

  #timeNow() {
    return performance.now() < this.#replayUntil ? null : new Date();
  }

  /** Goes on to a message's place; false where it was here before. Offsets have no holes: one is a loss, and is said. */
  #advance(place) {
    const last = this.#place;
    if (place !== null && place.epoch === last?.epoch) {
      if (place.offset <= last.offset) return false;
      const missed = place.offset - last.offset - 1;
      if (missed > 0) this.#tell.gap?.({ after: this.#id, resumed: `${place.epoch}-${place.offset - 1}`, missed });
    }
    this.#place = place ?? last;
    return true;
  }

  #takeGap(source, event) {
    if (source !== this.#source) return;
    const gap = JSON.parse(event.data);
    this.#id = event.lastEventId || gap.resumed;
    this.#place = placeOf(this.#id);
    this.#tell.gap?.(gap);
  }

  #say(state) {
    this.#tell.state?.(state);
  }
}
