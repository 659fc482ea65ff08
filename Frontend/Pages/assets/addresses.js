// Names of channels, their paths, and the addresses of nodes.

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The channel of a page's path: percent-decoded, without the leading slash. */
export function channelOf(pathname) {
  const encoded = pathname.slice(1);
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** The path of a channel. What is left as it is means nothing to a shell either, so it can stand in a command. */
export function pathOf(channel) {
  return '/' + channel.split('/').map(encodeSegment).join('/');
}

function encodeSegment(segment) {
  return encodeURIComponent(segment).replace(/[!'()*~]/g, c => '%' + c.charCodeAt(0).toString(16).toUpperCase());
}

/** Whether the name asks for several channels at once: a list, or everything below a prefix. */
export const isSeveral = channel => channel.includes(',') || channel === '*' || channel.endsWith('/*');

/** The rule that a name breaks, as a sentence, or an empty string. The server has the last word. */
export function ruleBrokenBy(channel) {
  const segments = channel.split('/');
  if (channel === '') return 'Type the name of a channel.';
  if (new TextEncoder().encode(channel).length > 256) return 'A name has at most 256 bytes.';
  if (/[\u0000-\u001f\u007f-\u009f]/.test(channel)) return 'A name has no control characters.';
  if (segments.includes('')) return 'A name has no empty part between slashes.';
  if (segments.includes('.') || segments.includes('..')) return 'A name has no part “.” or “..”.';
  if (['-', '.well-known'].includes(segments[0])) return `Names that begin with “${segments[0]}/” belong to the gateway itself.`;
  return '';
}

/**
 * A node's origin as this page can use it. Nodes of one machine say 127.0.0.1; a page that was opened as localhost
 * keeps that name, so that its own node has its own origin. Where the page came from another machine, 127.0.0.1 would
 * be the reader's own.
 * @returns the origin, or null where this page has no way to the node.
 */
export function originOf(http, page = location) {
  if (!URL.canParse(http)) return null;
  const url = new URL(http);
  if (LOOPBACK.has(url.hostname)) {
    if (!LOOPBACK.has(page.hostname)) return null;
    url.hostname = page.hostname;
  }
  const plain = url.protocol === 'http:' && (page.protocol === 'http:' || LOOPBACK.has(url.hostname));
  return plain || url.protocol === 'https:' ? url.origin : null;
}
