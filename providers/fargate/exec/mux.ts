/** One stream within a session for a port, in the frames of smux, version 1, as the agent has them. Pure. */

const VERSION = 1;
const HEADER = 8;
const LONGEST = 32_768;
const STREAM = 3;
const commands = { open: 0, end: 1, data: 2 } as const;

export const muxOpen: Buffer = frame(commands.open);
export const muxEnd: Buffer = frame(commands.end);

/** Frames with these bytes. */
export function muxData(bytes: Buffer): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += LONGEST)
    frames.push(frame(commands.data, bytes.subarray(at, at + LONGEST)));
  return Buffer.concat(frames);
}

export type MuxEvent = { readonly is: "data"; readonly bytes: Buffer } | { readonly is: "end" };

/** What comes of the one stream; `undefined`: these are no frames. */
export function createMuxReader(): (bytes: Buffer) => MuxEvent[] | undefined {
  let held: Buffer = Buffer.alloc(0);
  return (bytes) => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    const events: MuxEvent[] = [];
    while (held.length >= HEADER) {
      if (held[0] !== VERSION) return undefined;
      const length = held.readUInt16LE(2);
      if (held.length < HEADER + length) break;
      if (held[1] === commands.data) events.push({ is: "data", bytes: held.subarray(HEADER, HEADER + length) });
      if (held[1] === commands.end) events.push({ is: "end" });
      held = held.subarray(HEADER + length);
    }
    return events;
  };
}

function frame(command: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(HEADER);
  header[0] = VERSION;
  header[1] = command;
  header.writeUInt16LE(data.length, 2);
  header.writeUInt32LE(STREAM, 4);
  return Buffer.concat([header, data]);
}
