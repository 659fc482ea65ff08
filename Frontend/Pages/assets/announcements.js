// The last announcements: each node says its name in turn, with a star while it owns the bridge.

import { element } from './dom.js';
import { clock } from './time.js';

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
      element('time', { dateTime: time.toISOString(), textContent: clock(time) }),
      element('bdi', { className: 'announcement-text', textContent: data }),
    );
    this.list.prepend(row);
    while (this.list.childElementCount > SHOWN) this.list.lastElementChild.remove();
  }
}
