// Times for people.

import { element } from './dom.js';

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const dayFormat = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

/** `12:03:04`, with the day where it is another one. */
export function clock(date) {
  const time = clockFormat.format(date);
  return date.toDateString() === new Date().toDateString() ? time : `${dayFormat.format(date)}, ${time}`;
}

/** `12:03:04.567` */
export const fineClock = date => `${clock(date)}.${String(date.getMilliseconds()).padStart(3, '0')}`;

/** A time as `format` writes it. */
export const timeElement = (time, format) => element('time', { dateTime: time.toISOString(), textContent: format(time) });

/** `12 s`, `3 min`, `5 h`, `2 days`. */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} days`;
}
