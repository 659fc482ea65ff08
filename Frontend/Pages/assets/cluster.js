// The nodes of the cluster, and the one that this page uses.
//
// A node that was heard of once is remembered while it is dead: when the page's own node dies, and later the next
// one, there is always somewhere to go. All feeds of a page use the same node and move together.

import { originOf } from './addresses.js';

const ASK_EVERY = 1000;
const ASK_TIMEOUT = 2000;
const UNANSWERED_AT_MOST = 2;
const FIRST_BACKOFF = 250;
const LAST_BACKOFF = 2000;

/** A connection that lasted this long (ms) was a good one: the next failure is the first of a new series. */
const GOOD_AFTER = 3000;

/**
 * A page that nobody looks at lets its connections go after this time (ms): a browser has only six for each node, and
 * a seventh would not even load. It resumes by id, so nothing is missed.
 */
const ASLEEP_AFTER = 5000;

/**
 * Events: `view` (new news of the nodes, or none could be had), `move` (feeds go to `base` now: another node, or the
 * same one again), `asleep` (feeds close; `move` wakes them).
 */
export class Cluster extends EventTarget {
  /** The origin in use. */
  base = location.origin;

  /** The nodes as the last answer said: `{name, address, http, status, since, bridge, origin}`. */
  nodes = [];

  /** Whether the last question was answered by some node. */
  reachable = true;

  asleep = false;

  #known = [location.origin];
  #names = new Map();
  #blocked = new Set();
  #failures = 0;
  #arrived = Infinity;
  #unanswered = 0;
  #moving = null;
  #watching = null;

  start() {
    // Which origins a page may connect to is fixed when it is loaded: a node that joined later may not be among them.
    document.addEventListener('securitypolicyviolation', event => {
      if (event.effectiveDirective === 'connect-src' && URL.canParse(event.blockedURI)) {
        this.#blocked.add(new URL(event.blockedURI).origin);
      }
    });
    let timer = null;
    document.addEventListener('visibilitychange', () => {
      clearTimeout(timer);
      if (document.hidden) timer = setTimeout(() => this.#sleep(), ASLEEP_AFTER);
      else this.#wake();
    });
    addEventListener('pagehide', () => this.#sleep());
    addEventListener('pageshow', () => this.#wake());
    addEventListener('online', () => this.#moving !== null && this.#arriveNow());
    this.#watch();
  }

  /** The name of the node at an origin, or null while it is not known. */
  nameOf(origin) {
    return this.#names.get(origin) ?? null;
  }

  /** The origin to try after another one: active nodes first, in a ring. */
  after(origin, failures = 1) {
    const ring = this.#known.filter(x => !this.#blocked.has(x));
    const at = ring.indexOf(origin);
    const others = [...ring.slice(at + 1), ...ring.slice(0, Math.max(at, 0))];
    const active = others.filter(x => this.nodes.some(node => node.origin === x && node.status === 'active'));

    // After a round without luck the news are old: then everybody is asked.
    return (failures <= active.length ? active[0] : others[0]) ?? origin;
  }

  /** A feed has a connection to `base`. */
  arrivedAt(base) {
    if (base === this.base) this.#arrived = Math.min(this.#arrived, performance.now());
  }

  /** Something came from `base`: it is alive, whether or not it answers questions. */
  heardFrom(base) {
    if (base === this.base) this.#unanswered = 0;
  }

  /** `base` does not serve: all feeds go to the next node, at once the first time and with growing pauses after. */
  leave(base) {
    if (base !== this.base || this.#moving !== null) return;
    if (performance.now() - this.#arrived > GOOD_AFTER) this.#failures = 0;
    this.#failures++;
    this.#arrived = Infinity;
    this.#unanswered = 0;
    this.base = this.after(base, this.#failures);
    const others = this.#known.length - 1;
    const pause = this.#failures <= others ? 0 : Math.min(LAST_BACKOFF, FIRST_BACKOFF * 2 ** (this.#failures - others - 1));

    // A little by chance, so that the pages of a dead node do not come to the next one all at once.
    this.#moving = setTimeout(() => this.#arriveNow(), pause + Math.random() * 50);
  }

  #arriveNow() {
    clearTimeout(this.#moving);
    this.#moving = null;
    if (this.asleep) return;
    this.dispatchEvent(new Event('move'));
    this.#watch();
  }

  #sleep() {
    if (this.asleep) return;
    this.asleep = true;
    this.dispatchEvent(new Event('asleep'));
  }

  #wake() {
    if (!this.asleep) return;
    this.asleep = false;
    this.#unanswered = 0;
    this.#arriveNow();
  }

  async #watch() {
    const self = (this.#watching = {});
    while (!this.asleep && this.#watching === self) {
      await this.#look();
      await new Promise(resolve => setTimeout(resolve, ASK_EVERY));
    }
  }

  // A frozen node keeps its connections open and says nothing: only an unanswered question shows it.
  async #look() {
    const asked = this.base;
    while (this.base === asked && !this.asleep) {
      if (await this.#ask(asked)) {
        this.heardFrom(asked);
        return;
      }
      if (this.base !== asked || this.asleep) return;
      if (++this.#unanswered >= UNANSWERED_AT_MOST) {
        this.leave(asked);
        return;
      }
      const other = this.after(asked);
      if (other === asked || !(await this.#ask(other))) this.#publish(this.nodes, false);
    }
  }

  async #ask(base) {
    try {
      const response = await fetch(`${base}/-/cluster`, {
        headers: { Accept: 'application/json' },
        cache: 'no-store',
        signal: AbortSignal.timeout(ASK_TIMEOUT),
      });
      if (response.ok) this.#learn((await response.json()).nodes);
      return true;
    } catch {
      return false;
    }
  }

  #learn(nodes) {
    for (const node of nodes) {
      node.status = String(node.status ?? 'unknown').toLowerCase();
      node.origin = node.http ? originOf(node.http) : null;
      if (node.origin === null) continue;
      this.#names.set(node.origin, node.name);
      if (!this.#known.includes(node.origin)) this.#known.push(node.origin);
    }
    this.#publish(nodes, true);
  }

  #publish(nodes, reachable) {
    this.nodes = nodes;
    this.reachable = reachable;
    this.dispatchEvent(new Event('view'));
  }
}
