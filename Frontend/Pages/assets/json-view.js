// JSON (RFC 8259) for people: coloured, and folded where it is long. It is read from its text, so that numbers stay as they were
// written, names that come twice are shown twice, and `__proto__` is a name like any other.

import { element } from './dom.js';
import { beginningOf, visible } from './text.js';

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[-+.eE\d]*|true|false|null|[{}[\],:]/g;
const KINDS = { '"': 'string', t: 'literal', f: 'literal', n: 'literal' };

/** What the line of a folded object or array shows of its members (characters), and of each. */
const PREVIEW = 120;
const PREVIEW_EACH = 60;

/** An object or array with up to so many values in all is open at first. */
const OPEN = 8;

/** So many members are added at once; the rest by a button. */
const PAGE = 100;

/**
 * Reads JSON.
 * @returns {{kind: string, text?: string, members?: Array, size: number} | null} null where it is not JSON. `kind` is `string`, `number`,
 * `literal`, `{` or `[`; members are `{name, value}`; `size` counts the values within, at any depth.
 */
export function parse(text) {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }

  // It is well-formed, so this need not look twice. It may be as deep as it likes: nothing here calls itself.
  const root = { members: [], size: 0 };
  const open = [root];
  let name = null;
  const add = value => {
    open.at(-1).members.push({ name, value });
    open.at(-1).size++;
    name = null;
  };
  for (const { 0: token } of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      const value = { kind: token, members: [], size: 0 };
      add(value);
      open.push(value);
    } else if (token === '}' || token === ']') {
      const { size } = open.pop();
      open.at(-1).size += size;
    } else if (token === ':') {
      // What came before was no value but a name.
      name = open.at(-1).members.pop().value.text;
      open.at(-1).size--;
    } else if (token !== ',') {
      add({ kind: KINDS[token[0]] ?? 'number', text: token, size: 0 });
    }
  }
  return root.members[0].value;
}

/** Shows what `parse` read. */
export const jsonView = value => element('div', { className: 'json' }, member(null, value));

const isFlat = value => value.members === undefined || value.members.length === 0;

function member(name, value) {
  const label = nameOf(name, Infinity);
  return isFlat(value) ? element('div', { className: 'json-line' }, ...label, flat(value, Infinity)) : folded(label, value);
}

function folded(label, value) {
  const [begin, end] = value.kind === '{' ? '{}' : '[]';
  const count = value.members.length;
  const kind = value.kind === '{' ? 'member' : 'item';
  const line = element('span', { className: 'json-preview' });
  const body = element('div', { className: 'json-body' });
  const view = element('details', { className: 'json-fold' }, element('summary', {}, ...label, begin, line), body, element('div', { className: 'json-line', textContent: end }));

  // What is not seen is not made.
  const show = () => {
    if (!view.open) {
      const size = element('span', { className: 'json-count', textContent: `${count.toLocaleString('en')} ${kind}${count === 1 ? '' : 's'}` });
      line.replaceChildren(...preview(value), ` ${end}`, size);
      body.replaceChildren();
      return;
    }
    line.replaceChildren();
    if (body.childElementCount === 0) append(body, value, 0);
  };
  view.open = value.size <= OPEN;
  show();
  view.addEventListener('toggle', show);
  return view;
}

function append(body, value, from) {
  const next = from + PAGE;
  body.append(...value.members.slice(from, next).map(x => member(x.name, x.value)));
  const left = value.members.length - next;
  if (left <= 0) return;
  const more = element('button', { type: 'button', className: 'more', textContent: `${left.toLocaleString('en')} more` });
  more.addEventListener('click', () => {
    more.remove();
    append(body, value, next);
    body.lastElementChild.focus({ preventScroll: true });
  });
  body.append(more);
}

function preview({ members }) {
  const parts = [];
  let length = 0;
  for (const [i, { name, value }] of members.entries()) {
    parts.push(i === 0 ? ' ' : ', ');
    if (length > PREVIEW) return [...parts, '…'];
    parts.push(...nameOf(name, PREVIEW_EACH), isFlat(value) ? flat(value, PREVIEW_EACH) : value.kind === '{' ? '{…}' : '[…]');
    length += (name?.length ?? 0) + (value.text?.length ?? 3) + 2;
  }
  return parts;
}

const nameOf = (name, limit) => (name === null ? [] : [element('span', { className: 'json-name' }, written(name, limit)), ': ']);

const flat = ({ kind, text }, limit) =>
  text === undefined ? (kind === '{' ? '{}' : '[]') : element('span', { className: `json-${kind}` }, written(text, limit));

// As it was written: what JSON escapes stays escaped.
function written(text, limit) {
  const shown = beginningOf(text, limit);
  return visible(shown.length < text.length ? `${shown} …` : shown);
}
