/**
 * What the agent makes of a command's output on its way, because it takes it for UTF-8 (processStdoutData of
 * amazon-ssm-agent): U+FFFD loses its last two bytes, and from the first byte on that is no character, among the last
 * three of a message, all waits for more and is lost at the end. Other bytes that are no characters come as they are.
 */
export function createAgentText(): (bytes: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const end = endOfText(all);
    rest = end === all.length ? rest.subarray(0, 0) : Buffer.from(all.subarray(end));
    return withoutReplacements(end === all.length ? all : all.subarray(0, end));
  };
}

/** UTF-8 takes up to four bytes for a character. */
const LONGEST = 4;

/** Where what waits for more begins. */
function endOfText(all: Buffer): number {
  const { length } = all;
  // A character that begins before this ends before the last three bytes, and what follows it is where it was.
  let at = Math.max(0, length - 2 * LONGEST + 1);
  while (at < length) {
    const size = characterAt(all, at);
    const isBroken = size === 0 || isReplacement(all, at);
    if (isBroken && length - at < LONGEST) return at;
    at += Math.max(1, size);
  }
  return length;
}

/** How many bytes it has; 0: none begins here. */
function characterAt(all: Buffer, at: number): number {
  const lead = all[at] ?? 0;
  if (lead < 0x80) return 1;
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + size > all.length) return 0;
  const second = all[at + 1] ?? 0;
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let next = at + 2; next < at + size; next++) if (((all[next] ?? 0) & 0xc0) !== 0x80) return 0;
  return size;
}

const replacement = Buffer.from("\u{fffd}");

/** For Go the same as no character. */
const isReplacement = (all: Buffer, at: number): boolean =>
  all[at] === replacement[0] && all[at + 1] === replacement[1] && all[at + 2] === replacement[2];

function withoutReplacements(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (let found = bytes.indexOf(replacement); found >= 0; found = bytes.indexOf(replacement, from)) {
    pieces.push(bytes.subarray(from, found + 1));
    from = found + replacement.length;
  }
  return from === 0 ? bytes : Buffer.concat([...pieces, bytes.subarray(from)]);
}
