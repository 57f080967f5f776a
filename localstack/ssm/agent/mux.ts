/** Streams within one, as the agent has them for forwarded ports (smux, version 1), from the side that accepts. */
const HEADER = 8;
const commands = { open: 0, end: 1, data: 2 } as const;

export interface MuxFrame {
  readonly command: number;
  readonly stream: number;
  readonly data: Buffer;
}

/** Frames out of bytes that come in any pieces. */
export function createMuxReader(): (bytes: Buffer) => MuxFrame[] {
  let held: Buffer = Buffer.alloc(0);
  return (bytes) => {
    held = Buffer.concat([held, bytes]);
    const frames: MuxFrame[] = [];
    while (held.length >= HEADER) {
      if (held[0] !== 1) throw new Error(`version ${held[0]} of smux is not the agent's`);
      const length = held.readUInt16LE(2);
      if (held.length < HEADER + length) break;
      const data = Buffer.from(held.subarray(HEADER, HEADER + length));
      frames.push({ command: held[1] ?? 0, stream: held.readUInt32LE(4), data });
      held = held.subarray(HEADER + length);
    }
    return frames;
  };
}

export function muxFrame(command: keyof typeof commands, stream: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(HEADER);
  header[0] = 1;
  header[1] = commands[command];
  header.writeUInt16LE(data.length, 2);
  header.writeUInt32LE(stream, 4);
  return Buffer.concat([header, data]);
}

export const muxCommands = commands;
