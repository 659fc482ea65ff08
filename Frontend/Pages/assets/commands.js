// Command lines to copy.

import { element, setText } from './dom.js';

const COPIED_FOR = 2000;

/**
 * A list of commands in `list`.
 * @param {Array<{what: string, line: () => string, url?: () => string}>} commands what each does, the line, and the bare address where it
 * can be copied too; both may change.
 * @param {HTMLElement} status says what was copied to those who do not see it.
 * @returns a function that brings the lines up to date.
 */
export function commandList(list, commands, status) {
  const rows = commands.map(({ what, line, url }) => {
    const code = element('code', { translate: false });
    const label = element('span', { className: 'command-what' });
    const buttons = [copyButton('Copy', () => code.textContent, status, code), url && copyButton('URL', url, status, code)];
    list.append(element('li', { className: 'command' }, label, element('span', { className: 'command-copy' }, buttons[1], buttons[0]), element('pre', {}, code)));
    return () => {
      const name = typeof what === 'function' ? what() : what;
      setText(label, name);
      setText(code, line());
      buttons[0].ariaLabel = `Copy: ${name}`;
      if (url) buttons[1].ariaLabel = `URL, copy: ${name}`;
    };
  });
  const update = () => rows.forEach(x => x());
  update();
  return update;
}

function copyButton(name, text, status, shown) {
  const button = element('button', { type: 'button', className: 'copy', textContent: name });
  let timer = null;
  button.addEventListener('click', async () => {
    const done = (await toClipboard(text())) || toClipboardOfOld(text(), shown);
    setText(button, done ? 'Copied' : 'Press Ctrl+C');
    setText(status, done ? `Copied: ${text()}` : 'Selected: press Ctrl+C to copy.');
    button.dataset.done = String(done);
    clearTimeout(timer);
    timer = setTimeout(() => {
      setText(button, name);
      delete button.dataset.done;
    }, COPIED_FOR);
  });
  return button;
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

// Pages that are not secure (plain HTTP from another machine) have no clipboard but the old way. What is selected is the command,
// for those whose browser refuses that too.
function toClipboardOfOld(text, shown) {
  getSelection().selectAllChildren(shown);
  const put = event => {
    event.clipboardData.setData('text/plain', text);
    event.preventDefault();
  };
  document.addEventListener('copy', put);
  const done = document.execCommand('copy');
  document.removeEventListener('copy', put);
  return done;
}
