// The last announcements: each node says its name in turn, with a star while it owns the bridge.

import { element } from './dom.js';
import { clock, timeElement } from './time.js';

const SHOWN = 10;

export class Announcements {
  constructor(list) {
    this.list = list;
  }

  /** Shows a message of the channel `announce`, newest first. */
  add({ data, time }) {
    const row = element(
      'li',
      { className: 'announcement', data: { owner: String(data.endsWith(' *')) } },
      timeElement(time, clock),
      element('bdi', { className: 'announcement-text', textContent: data }),
    );
    this.list.prepend(row);
    while (this.list.childElementCount > SHOWN) this.list.lastElementChild.remove();
  }
}
