// A message as a row: text, JSON, a picture, or bytes. Nothing of it is ever parsed as HTML.

import { element, setText } from './dom.js';
import { jsonView, parse } from './json-view.js';
import { beginningOf, bytesOf, bytesText, dumpOf, hexOf, plain, sizeOf, visible } from './text.js';
import { fineClock, timeElement } from './time.js';

/** Longer JSON (characters) is read when somebody asks for it. */
const JSON_AT_ONCE = 16 * 1024;

/** Longer text (characters) is not shown here, not even when somebody asks. */
const TEXT_AT_MOST = 64 * 1024;

const HEX_BYTES = 48;
const DUMP_BYTES = 4096;

/** Types of pictures that are shown: raster ones, by `data:` addresses, which have no origin. SVG is text. */
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp']);

/** A larger picture (pixels) is not drawn, however few bytes it has. */
const PIXELS_AT_MOST = 40e6;

/** Types by a shorter name; those that say nothing by none. */
const NAMES = { 'text/plain': null, 'application/octet-stream': null, 'application/json': 'JSON', 'application/x-www-form-urlencoded': 'form' };

const FORM = 'application/x-www-form-urlencoded';

/**
 * @param {boolean} several whether messages of several channels are shown: then it names its own.
 * @param {(id: string, text: string) => Node | string} whole a link to the whole message.
 */
export function messageRow(message, several, whole) {
  const { id, channel, binary, time } = message;
  const type = mediaType(message.type);
  const [kind, body] = binary ? binaryBody(message, type, whole) : textBody(message, type, whole);
  return element(
    'li',
    { className: 'message', data: { id, kind, binary: String(binary) } },
    timeElement(time, fineClock),
    body,
    element(
      'div',
      { className: 'message-meta' },
      typeLabel(type),
      several ? element('bdi', { className: 'message-id' }, visible(channel)) : element('span', { className: 'message-id', textContent: id }),
    ),
  );
}

function typeLabel(type) {
  const name = Object.hasOwn(NAMES, type) ? NAMES[type] : type;
  return name && element('span', { className: 'message-type', title: plain(type) }, visible(beginningOf(name, 60)));
}

const mediaType = type => type.split(';')[0].trim().toLowerCase();

function textBody({ id, data }, type, whole) {
  if (data === '') return ['text', element('div', { className: 'message-text' }, element('span', { className: 'aside', textContent: 'empty message' }))];
  const isJson = type === 'application/json' || type.endsWith('+json');

  // curl -d calls all that it sends a form.
  if (isJson || (type === FORM && /^\s*[{[]/.test(data))) {
    const value = data.length <= JSON_AT_ONCE ? parse(data) : null;
    if (value !== null) return ['json', element('div', { className: 'message-text' }, jsonView(value))];
    if (isJson && data.length > JSON_AT_ONCE) return ['json', longJson(id, data, whole)];
  }
  return ['text', text(id, data, whole)];
}

function text(id, data, whole) {
  const shown = beginningOf(data);
  const body = element('div', { className: 'message-text', dir: 'auto' }, visible(shown));
  if (shown.length === data.length) return body;
  const link = whole(id, `whole message, ${data.length.toLocaleString('en')} characters`);
  const cut = element('div', {}, body, element('div', { className: 'message-more' }, link));
  if (data.length <= TEXT_AT_MOST) {
    cut.lastElementChild.prepend(toggle('Show all of it', 'Show less', open => body.replaceChildren(visible(open ? data : shown))));
  } else {
    body.append(' …');
  }
  return cut;
}

function longJson(id, data, whole) {
  const cut = text(id, data, whole);
  const button = element('button', { type: 'button', className: 'more', textContent: 'Show as JSON' });
  button.addEventListener('click', () => {
    const value = parse(data);
    if (value === null) {
      button.replaceWith('This is not JSON.');
      return;
    }
    const view = element('div', { className: 'message-text' }, jsonView(value));
    cut.replaceWith(view);
    view.querySelector('summary')?.focus();
  });
  cut.lastElementChild?.prepend(button);
  return cut;
}

function toggle(more, less, change) {
  const button = element('button', { type: 'button', className: 'more', textContent: more, ariaExpanded: 'false' });
  button.addEventListener('click', () => {
    const open = button.ariaExpanded === 'false';
    button.ariaExpanded = String(open);
    setText(button, open ? less : more);
    change(open);
  });
  return button;
}

function binaryBody(message, type, whole) {
  return PICTURES.has(type) ? ['picture', picture(message, type, whole)] : ['bytes', bytes(message, whole)];
}

function bytes({ id, data }, whole, note = null) {
  const size = sizeOf(data);
  const body = element('div', { className: 'message-text binary' }, element('span', { className: 'aside', textContent: bytesText(size) }), note && `, ${note}`);
  body.append(` ${hexOf(bytesOf(data, HEX_BYTES))}`);
  if (size <= HEX_BYTES) return body;
  const dump = element('pre', { className: 'dump', hidden: true, tabIndex: 0, ariaLabel: 'Bytes in hexadecimal' });
  const show = toggle(size <= DUMP_BYTES ? 'Show all bytes' : `Show the first ${bytesText(DUMP_BYTES)}`, 'Show less', open => {
    setText(dump, open ? dumpOf(bytesOf(data, DUMP_BYTES)) : '');
    dump.hidden = !open;
  });
  body.append(' …');
  return element('div', {}, body, dump, element('div', { className: 'message-more' }, show, whole(id, 'all bytes')));
}

function picture(message, type, whole) {
  const size = bytesText(sizeOf(message.data));
  const image = element('img', { alt: '', decoding: 'async', draggable: false });
  const button = element('button', { type: 'button', className: 'picture', ariaPressed: 'false' }, image);
  const caption = element('span', { className: 'aside', textContent: size });
  const body = element('div', { className: 'message-picture' }, button, element('div', { className: 'message-more' }, caption, whole(message.id, 'all bytes')));
  image.addEventListener('load', () => {
    const { naturalWidth: width, naturalHeight: height } = image;
    if (width * height > PIXELS_AT_MOST) {
      instead(`a picture of ${width.toLocaleString('en')} × ${height.toLocaleString('en')} pixels is too large to be drawn:`);
      return;
    }
    setText(caption, `${width.toLocaleString('en')} × ${height.toLocaleString('en')} · ${size}`);
    button.ariaLabel = `Picture of ${width} × ${height} pixels: enlarge it`;
    button.dataset.loaded = 'true';
  });
  image.addEventListener('error', () => instead('no picture that can be shown:'));
  button.addEventListener('click', () => (button.ariaPressed = String(button.ariaPressed === 'false')));

  // Its size is known before anything is drawn: until then it is not in the page.
  image.src = `data:${type};base64,${message.data}`;
  return body;

  function instead(note) {
    image.removeAttribute('src');
    body.replaceWith(bytes(message, whole, note));
  }
}
