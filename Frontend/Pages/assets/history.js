// The newest messages of a channel, with the times at which the gateway accepted them.

import { pathOf } from './addresses.js';
import { fromJson, placeOf } from './message.js';

const TIMEOUT = 3000;

/**
 * Reads up to `count` messages.
 * @returns {Promise<{after: string, messages: object[]} | null>} them, oldest first, and the id after which a feed
 * goes on; null where they cannot be had now: then a feed begins without.
 */
export async function newest(base, channel, count) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT);
  try {
    const last = placeOf((await poll(base, channel, 'none', abort.signal)).headers.get('Last-Event-ID'));
    if (last === null) return null;
    if (last.offset === 0 || count === 0) return { after: `${last.epoch}-${last.offset}`, messages: [] };
    const after = `${last.epoch}-${Math.max(0, last.offset - count)}`;
    const answer = await poll(base, channel, after, abort.signal);
    const messages = (await answer.text()).split('\n').filter(x => x.trim() !== '').map(x => JSON.parse(x))
      .filter(x => x.event === 'message')
      .map(fromJson);
    return { after: messages.at(-1)?.id ?? `${last.epoch}-${last.offset}`, messages };
  } catch {
    return null;
  } finally {
    // Also ends an answer that turned out to be a stream.
    clearTimeout(timer);
    abort.abort();
  }
}

async function poll(base, channel, since, signal) {
  const answer = await fetch(`${base}${pathOf(channel)}?poll=1&since=${encodeURIComponent(since)}`, {
    headers: { Accept: 'application/x-ndjson, */*;q=0.1' },
    cache: 'no-store',
    signal,
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer;
}
