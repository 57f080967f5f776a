/**
 * What the agent makes of a command's output on its way, because it takes it for UTF-8 (processStdoutData of
 * amazon-ssm-agent): U+FFFD loses its last two bytes, and an unfinished character waits for more and is lost at the end.
 */
export function createAgentText(): (bytes: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const waits = unfinished(all);
    const whole = all.subarray(0, all.length - waits);
    rest = Buffer.from(all.subarray(all.length - waits));
    return without(whole);
  };
}

/** Bytes at the end that may become a character, or are the broken one itself. */
function unfinished(all: Buffer): number {
  for (let back = Math.min(3, all.length); back >= 1; back--) {
    const tail = all.subarray(all.length - back);
    const lead = tail[0] ?? 0;
    if (lead < 0x80 || (lead >= 0x80 && lead < 0xc0)) continue;
    const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    const follows = tail.subarray(1).every((byte) => byte >= 0x80 && byte < 0xc0);
    if (follows && (back < length || isReplacement(tail, 0))) return back;
  }
  return 0;
}

const isReplacement = (bytes: Buffer, at: number): boolean =>
  bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd;

function without(bytes: Buffer): Buffer {
  const found = bytes.indexOf(Buffer.from([0xef, 0xbf, 0xbd]));
  if (found < 0) return bytes;
  return Buffer.concat([bytes.subarray(0, found + 1), without(bytes.subarray(found + 3))]);
}
