// The numbers: the newest one big, the last sixty as bars, and their rate.

import { byId, setText } from './dom.js';
import { Rate, rateText } from './rate.js';
import { duration } from './time.js';

const SHOWN = 60;
const STEP = 5;
const HEIGHT = 60;
const SVG = 'http://www.w3.org/2000/svg';

export class Numbers {
  #values = [];
  #bars;
  #rate = new Rate(performance.now());
  #drawing = false;
  #number = byId('number');
  #rateLine = byId('rate');

  constructor() {
    this.#bars = Array.from({ length: SHOWN }, (_, i) => {
      const bar = document.createElementNS(SVG, 'rect');
      bar.setAttribute('x', i * STEP);
      bar.setAttribute('width', STEP - 1);
      return bar;
    });
    byId('sparkline').append(...this.#bars);
    setInterval(() => this.#showRate(), 500);
  }

  /** Shows a number that was published at a time (ms, `performance.now()`). */
  add(text, time) {
    this.#values.push(text);
    if (this.#values.length > SHOWN) this.#values.shift();
    this.#rate.add(time);
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#drawing = false;
    const newest = this.#values.at(-1);
    setText(this.#number, newest);
    this.#number.classList.toggle('long', newest.length > 6);
    const heights = this.#values.map(x => Number(x)).map(x => (Number.isFinite(x) ? x : 0));
    const lowest = Math.min(0, ...heights);
    const reach = Math.max(1, ...heights) - lowest;
    const empty = SHOWN - heights.length;
    this.#bars.forEach((bar, i) => {
      const share = i < empty ? 0 : (heights[i - empty] - lowest) / reach;

      // Zero is a number too: it has a low bar.
      const height = i < empty ? 0 : Math.max(2, share * HEIGHT);
      bar.setAttribute('y', HEIGHT - height);
      bar.setAttribute('height', height);
    });
  }

  #showRate() {
    const now = performance.now();
    const silence = this.#rate.silence(now);
    const rate = this.#rate.at(now);
    this.#rateLine.classList.toggle('late', silence > 0);
    if (silence > 0) setText(this.#rateLine, `no number for ${duration(silence)}`);
    else setText(this.#rateLine, rate === null ? 'counting …' : rateText(rate));
  }
}
