import { PassThrough, type Readable } from "node:stream";

/** An output of a process, which never emits an error. */
export interface Outlet {
  readonly readable: Readable;
  /** Resolves when there is room for more. Nobody reads a destroyed one: then the bytes are dropped. */
  put(bytes: Buffer): Promise<void>;
  end(): void;
}

export function createOutlet(): Outlet {
  const stream = new PassThrough();
  stream.on("error", () => undefined);
  return {
    readable: stream,
    async put(bytes) {
      if (stream.destroyed || stream.write(bytes)) return;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          stream.off("drain", go).off("close", go);
          resolve();
        };
        stream.on("drain", go).on("close", go);
      });
    },
    end: () => void (stream.destroyed || stream.end()),
  };
}
