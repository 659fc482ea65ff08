// How fast messages come.

const KEPT = 60000;
const ENTRIES = 600;

// So many messages, and so long (ms), make a rate: it is steady when they are rare and quick when they are many.
const ENOUGH = 20;
const LONG_ENOUGH = 5000;

/** Counts arrivals. Times are in ms of one clock. */
export class Rate {
  #entries = [];
  #begun;

  /** @param {number} begun since when it counts. */
  constructor(begun) {
    this.#begun = begun;
  }

  add(time, count = 1) {
    const last = this.#entries.at(-1);

    // At thousands a second, an entry for each would be more than anybody needs.
    if (last && time - last.time < 50) last.count += count;
    else this.#entries.push({ time, count });
    if (this.#entries.length > ENTRIES) this.#entries.shift();
  }

  /** Messages a second at a time, or null where it is not known yet. */
  at(now) {
    while (this.#entries.length > 0 && this.#entries[0].time < now - KEPT) this.#entries.shift();
    if (this.#entries.length < 3) return null;
    const end = this.#entries.at(-1).time;
    let counted = 0;
    let at = this.#entries.length - 1;
    for (; at > 0 && (counted < ENOUGH || end - this.#entries[at].time < LONG_ENOUGH); at--) counted += this.#entries[at].count;
    return (counted * 1000) / Math.max(1, end - this.#entries[at].time);
  }

  /** How long (ms) nothing has come, where that is longer than the rate lets expect; else 0. */
  silence(now) {
    const rate = this.at(now);
    const silent = now - (this.#entries.at(-1)?.time ?? this.#begun);
    return silent > 2500 && (rate === null || silent > 3000 / rate) ? silent : 0;
  }
}

/** `60 a minute`, `1,200 a second`. */
export function rateText(perSecond) {
  const short = perSecond >= 10;
  return `${Math.round(short ? perSecond : perSecond * 60).toLocaleString('en')} a ${short ? 'second' : 'minute'}`;
}
