// Messages as a person can see them: whole enough, and harmless.

import { element } from './dom.js';

const MAX_CHARACTERS = 4000;
const MAX_LINES = 20;
const MAX_MARKS = 200;

// Control characters but tab and line feed; what reorders or hides text; separators that would break lines.
const SPECIAL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

const C0 = ['NUL', 'SOH', 'STX', 'ETX', 'EOT', 'ENQ', 'ACK', 'BEL', 'BS', 'TAB', 'LF', 'VT', 'FF', 'CR', 'SO', 'SI',
  'DLE', 'DC1', 'DC2', 'DC3', 'DC4', 'NAK', 'SYN', 'ETB', 'CAN', 'EM', 'SUB', 'ESC', 'FS', 'GS', 'RS', 'US'];
const OTHERS = { 0x7f: 'DEL', 0x202a: 'LRE', 0x202b: 'RLE', 0x202c: 'PDF', 0x202d: 'LRO', 0x202e: 'RLO', 0x2066: 'LRI', 0x2067: 'RLI', 0x2068: 'FSI', 0x2069: 'PDI' };

/** The part of a text that is shown, at most `limit` characters of it. */
export function beginningOf(text, limit = MAX_CHARACTERS) {
  let end = Math.min(text.length, MAX_CHARACTERS, limit);
  let at = -1;
  for (let line = 0; line < MAX_LINES; line++) {
    at = text.indexOf('\n', at + 1);
    if (at < 0 || at >= end) break;
    if (line === MAX_LINES - 1) end = at;
  }

  // Not within a surrogate pair.
  if (end < text.length && /[\ud800-\udbff]/.test(text[end - 1])) end--;
  return text.slice(0, end);
}

/** Text with its invisible characters as marks. */
export function visible(text) {
  const parts = document.createDocumentFragment();
  let from = 0;
  let marks = 0;
  for (const { 0: character, index } of text.matchAll(SPECIAL)) {
    if (++marks > MAX_MARKS) break;
    parts.append(text.slice(from, index), mark(character.charCodeAt(0)));
    from = index + 1;
  }
  parts.append(plain(text.slice(from)));
  return parts;
}

function mark(code) {
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return element('span', { className: 'mark', title: hex, textContent: C0[code] ?? OTHERS[code] ?? hex });
}

/** Text without them, for where there can be no marks. */
export const plain = text => text.replace(SPECIAL, '\ufffd');

/** The size of binary data that came as base64. */
export function sizeOf(base64) {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return (base64.length / 4) * 3 - padding;
}

/** The first `count` bytes of binary data that came as base64. */
export const bytesOf = (base64, count) => Uint8Array.from(atob(base64.slice(0, Math.ceil(count / 3) * 4)), x => x.charCodeAt(0)).slice(0, count);

/** Bytes in hexadecimal: `de ad 00 ff`. */
export const hexOf = bytes => [...bytes].map(x => x.toString(16).padStart(2, '0')).join(' ');

/** Lines of 16 bytes as hexdump writes them: offset, bytes, and the printable ones of ASCII. */
export function dumpOf(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const line = bytes.slice(at, at + 16);
    const printable = [...line].map(x => (x >= 0x20 && x < 0x7f ? String.fromCharCode(x) : '.')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hexOf(line).padEnd(47)}  ${printable}`);
  }
  return lines.join('\n');
}

/** `1,234 bytes` */
export const bytesText = size => `${size.toLocaleString('en')} ${size === 1 ? 'byte' : 'bytes'}`;
