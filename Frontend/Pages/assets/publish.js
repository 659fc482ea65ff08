// Publishes a message, once: through the node in use, and when that does not answer through the next ones.

import { pathOf } from './addresses.js';
import { problemOf } from './problem.js';

/** A node answers within 5 s (its setting): one that takes longer than this (ms) is not waited for. */
const ANSWER_TIMEOUT = 6500;

/** After this time (ms) it is given up. */
const GIVE_UP_AFTER = 20000;

const PAUSE = 250;

/**
 * @returns {Promise<{id: string, base: string}>} the message's id and the origin of the node that took it.
 * @throws {{title: string, detail: string}} what the node said against it, or that no node could be reached.
 */
export async function publish(cluster, channel, { text, type }) {
  // The same key at each attempt: a node that took the message and died before it answered does not make it two.
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map(x => x.toString(16).padStart(2, '0')).join('');
  const end = performance.now() + GIVE_UP_AFTER;
  let base = cluster.base;
  let problem;
  for (let attempt = 1; attempt === 1 || performance.now() < end; attempt++) {
    try {
      const response = await post(base, channel, { text, type }, key);
      if (response.ok) return { id: await idOf(response), base };
      problem = await problemOf(response);
    } catch {
      problem = { status: 0, title: 'Not published', detail: 'No node of the cluster could be reached.' };
    }
    if (problem.status !== 0 && problem.status !== 503) throw problem;
    await new Promise(resolve => setTimeout(resolve, attempt === 1 ? 0 : PAUSE));
    base = base === cluster.base ? cluster.after(base, attempt) : cluster.base;
  }
  throw problem;
}

function post(base, channel, { text, type }, key) {
  return fetch(base + pathOf(channel), {
    method: 'POST',
    headers: { 'Content-Type': type, Accept: 'application/json', 'Idempotency-Key': key },
    body: text,
    signal: AbortSignal.timeout(ANSWER_TIMEOUT),
  });
}

async function idOf(response) {
  // An answer that is not read to its end stays under way until the time-out, though its header says all.
  const body = await response.text().catch(() => '{}');
  return response.headers.get('Message-Id') ?? JSON.parse(body).id;
}
