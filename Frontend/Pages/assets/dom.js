// Building elements. Text is always set as text: what was published is never parsed as HTML.

/** An element with properties and children; strings become text. */
export function element(name, properties = {}, ...children) {
  const { data, ...rest } = properties;
  const made = Object.assign(document.createElement(name), rest);
  Object.assign(made.dataset, data);
  made.append(...children.filter(x => x !== null && x !== undefined));
  return made;
}

/** Sets a text where it differs, so that nothing is laid out or read aloud again without need. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

export const byId = id => document.getElementById(id);
