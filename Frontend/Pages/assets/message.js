// What a message is to the pages: {id, channel, type, data, binary, time}. `data` is the text, or base64 where `binary`;
// `time` is when the gateway accepted it.

/** Reads an id `<epoch>-<offset>`. Anything else, such as the cursor over several channels, is null. */
export function placeOf(id) {
  const match = /^([A-Za-z][A-Za-z0-9]{3,15})-(\d{1,19})$/.exec(id ?? '');
  return match && { epoch: match[1], offset: Number(match[2]) };
}

/** A message from its JSON form. */
export function fromJson({ id, channel, time, type, data, encoding }) {
  return { id, channel, type, data, binary: encoding === 'base64', time: new Date(time) };
}
