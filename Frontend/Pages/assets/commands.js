// Command lines to copy.

import { element, setText } from './dom.js';

const COPIED_FOR = 2000;

/**
 * A list of commands in `list`.
 * @param {Array<{what: string, line: () => string}>} commands what each does, and the line, which may change.
 * @returns a function that brings the lines up to date.
 */
export function commandList(list, commands) {
  const rows = commands.map(({ what, line }) => {
    const code = element('code', { translate: false });
    const label = element('span', { className: 'command-what' });
    const button = element('button', { type: 'button', className: 'copy', textContent: 'Copy' });
    button.addEventListener('click', () => copy(code, button));
    list.append(element('li', { className: 'command' }, label, button, element('pre', {}, code)));
    return () => {
      setText(label, typeof what === 'function' ? what() : what);
      setText(code, line());
      button.ariaLabel = `Copy: ${code.textContent}`;
    };
  });
  const update = () => rows.forEach(x => x());
  update();
  return update;
}

async function copy(code, button) {
  const done = (await toClipboard(code.textContent)) || select(code);
  setText(button, done ? 'Copied' : 'Press Ctrl+C');
  setTimeout(() => setText(button, 'Copy'), COPIED_FOR);
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

// Pages that are not secure (plain HTTP from another machine) have no clipboard but the old way.
function select(code) {
  getSelection().selectAllChildren(code);
  return document.execCommand('copy');
}
