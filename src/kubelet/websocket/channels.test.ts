import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import type { WebSocket } from "ws";

import { fakeClock } from "../../../test/support/fake-clock.ts";
import { webSocketChannels } from "./channels.ts";

test("small pieces that wait while a message leaves share the next one", () => {
  const sent: { readonly message: string; readonly done: () => void }[] = [];
  const ws = Object.assign(new EventEmitter(), {
    send: (message: Buffer, _options: object, done: () => void) => sent.push({ message: message.toString(), done }),
  });
  const coding = { base64: false, halfClose: false, channels: 5, fromClient: [] };
  const channels = webSocketChannels(ws as unknown as WebSocket, { ...coding, clock: fakeClock() });
  const output = channels.output(1);
  for (const piece of ["a", "b", "c", "d"]) output.write(piece);
  expect(sent.map(({ message }) => message)).toEqual(["\u0001a"]);
  sent[0]?.done();
  expect(sent.map(({ message }) => message)).toEqual(["\u0001a", "\u0001bcd"]);
});
