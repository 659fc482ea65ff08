// What a channel keeps, read in pages: backwards and forwards.

import { pathOf } from './addresses.js';
import { eventsOf } from './events.js';
import { fromJson, placeOf } from './message.js';

/** A page that takes longer (ms) is given up. */
const TIMEOUT = 10000;

/** So long (ms) a page that opens waits for where the history begins. */
const OPEN_TIMEOUT = 3000;

/**
 * The id after which the newest `count` messages begin. It may be before the oldest that is kept.
 * @returns {Promise<string | null>} null where it cannot be had now: then a feed begins without history.
 */
export async function beforeNewest(base, channel, count) {
  try {
    const answer = await poll(base, channel, 'none', AbortSignal.timeout(OPEN_TIMEOUT));
    await answer.text();
    const newest = placeOf(answer.headers.get('Last-Event-ID'));
    return newest && `${newest.epoch}-${Math.max(0, newest.offset - count)}`;
  } catch {
    return null;
  }
}

/**
 * Up to `count` messages right before a place, oldest first. Offsets have no holes: where the page begins can be counted.
 * @returns {Promise<{messages: object[], first: boolean}>} `first`: there are none before them.
 */
export async function older(base, channel, { epoch, offset }, count) {
  const after = Math.max(0, offset - 1 - count);
  const { messages, gap } = await newer(base, channel, `${epoch}-${after}`, offset - 1 - after);

  // Where the beginning is no longer kept, the page reaches into what was known.
  const before = messages.filter(({ id }) => {
    const place = placeOf(id);
    return place.epoch === epoch && place.offset < offset;
  });
  return { messages: before, first: after === 0 || gap !== null };
}

/**
 * Up to `count` messages right after an id, oldest first.
 * @returns {Promise<{messages: object[], gap: object | null}>} `gap`: what is no longer kept before the first of them.
 */
export async function newer(base, channel, id, count) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT);
  const messages = [];
  let gap = null;
  try {
    // A poll answers with all that there is: what is beyond the page is not waited for.
    const answer = await poll(base, channel, id, abort.signal);
    for await (const events of eventsOf(answer)) {
      gap ??= events.find(x => x.event === 'gap') ?? null;
      messages.push(...events.filter(x => x.event === 'message').slice(0, count - messages.length).map(fromJson));
      if (messages.length >= count) break;
    }
    return { messages, gap };
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

async function poll(base, channel, since, signal) {
  const answer = await fetch(`${base}${pathOf(channel)}?poll=1&since=${encodeURIComponent(since)}`, { cache: 'no-store', signal });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer;
}
