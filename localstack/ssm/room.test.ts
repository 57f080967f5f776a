import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { createRoom } from "./room.ts";

const socket = () => Object.assign(new EventEmitter(), { readyState: 1, OPEN: 1, bufferedAmount: 0 }) as never;

test("both outputs of a command may wait for room, and both go on", async () => {
  let isFull = true;
  const room = createRoom(() => isFull, socket(), fakeClock());
  const both = [room.wait(), room.wait()];
  isFull = false;
  room.wake();
  await expect(Promise.all(both)).resolves.toHaveLength(2);
});
