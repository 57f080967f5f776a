import { flags, headSize, SpdyError, types, version, type Frame } from "./frame.ts";

/** Takes the next bytes of the connection, however they are sliced; the generator throws an SpdyError and is then spent. */
export type FrameReader = (chunk: Buffer) => Generator<Frame, void>;

/** The body of a DATA frame is handed on as it comes; that of a control frame is short and gathered. */
type Body =
  | { readonly kind: "data"; readonly id: number; readonly fin: boolean; left: number }
  | {
      readonly kind: "control";
      readonly type: number;
      readonly flags: number;
      gathered: Buffer | undefined;
      left: number;
    };

/** Splits what a connection brings into frames. `longest`: bytes allowed in a control frame's body. */
export function frameReader(longest: number): FrameReader {
  const head = Buffer.alloc(headSize);
  let headFilled = 0;
  let body: Body | undefined;

  return function* read(chunk) {
    let rest = chunk;
    while (rest.length > 0) {
      if (body === undefined) {
        const taken = rest.copy(head, headFilled);
        headFilled += taken;
        rest = rest.subarray(taken);
        if (headFilled < headSize) return;
        headFilled = 0;
        body = parseHead(head, longest);
      }
      const piece = rest.subarray(0, body.left);
      rest = rest.subarray(piece.length);
      const frame: Frame | undefined = body.kind === "data" ? dataPiece(body, piece) : gather(body, piece);
      if (body.left === 0) body = undefined;
      if (frame !== undefined) yield frame;
    }
  };
}

function parseHead(head: Buffer, longest: number): Body {
  const left = head.readUIntBE(5, 3);
  const flag = head.readUInt8(4);
  if (head.readUInt8(0) < 0x80) return { kind: "data", id: streamId(head, 0), fin: (flag & flags.fin) !== 0, left };
  const spoken = head.readUInt16BE(0) & 0x7fff;
  const type = head.readUInt16BE(2);
  if (spoken !== version) throw new SpdyError(`a control frame of version ${spoken}, not ${version}`);
  if (!Object.values<number>(types).includes(type)) throw new SpdyError(`a control frame of unknown type ${type}`);
  if (left > longest) throw new SpdyError(`a control frame of ${left} bytes, more than ${longest}`);
  return { kind: "control", type, flags: flag, gathered: undefined, left };
}

function dataPiece(body: Body & { kind: "data" }, piece: Buffer): Frame | undefined {
  body.left -= piece.length;
  const fin = body.fin && body.left === 0;
  return piece.length > 0 || fin ? { kind: "data", id: body.id, bytes: piece, fin } : undefined;
}

function gather(body: Body & { kind: "control" }, piece: Buffer): Frame | undefined {
  const whole = piece.length === body.left && body.gathered === undefined;
  if (!whole) {
    body.gathered ??= Buffer.allocUnsafe(body.left);
    piece.copy(body.gathered, body.gathered.length - body.left);
  }
  body.left -= piece.length;
  return body.left === 0 ? parseControl(body.type, body.flags, body.gathered ?? piece) : undefined;
}

function parseControl(type: number, flag: number, body: Buffer): Frame {
  switch (type) {
    case types.synStream:
      atLeast(10, body, "SYN_STREAM");
      return {
        kind: "synStream",
        id: streamId(body, 0),
        fin: (flag & flags.fin) !== 0,
        unidirectional: (flag & flags.unidirectional) !== 0,
        // Between them: an associated stream, a priority and a credential slot, which nobody uses here.
        block: body.subarray(10),
      };
    case types.synReply:
      atLeast(4, body, "SYN_REPLY");
      return { kind: "synReply", id: streamId(body, 0), block: body.subarray(4) };
    case types.headers:
      atLeast(4, body, "HEADERS");
      return { kind: "headers", id: streamId(body, 0), block: body.subarray(4) };
    case types.rstStream:
      exactly(8, body, "RST_STREAM");
      return { kind: "rstStream", id: streamId(body, 0), status: body.readUInt32BE(4) };
    case types.ping:
      exactly(4, body, "PING");
      return { kind: "ping", id: body.readUInt32BE(0) };
    case types.goAway:
      exactly(8, body, "GOAWAY");
      return { kind: "goAway", lastGood: body.readUInt32BE(0) & 0x7fffffff, status: body.readUInt32BE(4) };
    case types.windowUpdate:
      exactly(8, body, "WINDOW_UPDATE");
      return { kind: "windowUpdate", id: body.readUInt32BE(0) & 0x7fffffff };
    default:
      atLeast(4, body, "SETTINGS");
      exactly(4 + body.readUInt32BE(0) * 8, body, "SETTINGS");
      return { kind: "settings" };
  }
}

function streamId(bytes: Buffer, at: number): number {
  const id = bytes.readUInt32BE(at) & 0x7fffffff;
  if (id === 0) throw new SpdyError("a frame for stream 0");
  return id;
}

function atLeast(size: number, body: Buffer, name: string): void {
  if (body.length < size) throw new SpdyError(`${name} of ${body.length} bytes, fewer than ${size}`);
}

function exactly(size: number, body: Buffer, name: string): void {
  if (body.length !== size) throw new SpdyError(`${name} of ${body.length} bytes, not ${size}`);
}
