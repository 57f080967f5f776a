import { expect, test } from "vitest";
import type { ChannelEvent } from "./channel.ts";
import { createGathering } from "./gathering.ts";
import { payloadTypes } from "./message.ts";

const data = (type: number, text: string): ChannelEvent => ({ is: "data", type, bytes: Buffer.from(text) });

test("neighbouring pieces of a stream are told as one, everything in its order, and nothing else is joined", () => {
  const told: ChannelEvent[] = [];
  const gathering = createGathering((event) => told.push(event));
  const { output, stderr, exitCode, flag } = payloadTypes;
  const events = [
    { is: "started" } as const,
    data(output, "a"),
    data(output, "b"),
    data(stderr, "c"),
    data(stderr, "d"),
    data(output, "e"),
    data(flag, "1"),
    data(flag, "2"),
    data(output, "f"),
    data(exitCode, "EXIT_CODE: 3"),
    { is: "closed", output: "" } as const,
  ];
  for (const event of events) gathering.take(event);
  expect(told).toEqual([
    { is: "started" },
    data(output, "ab"),
    data(stderr, "cd"),
    data(output, "e"),
    data(flag, "1"),
    data(flag, "2"),
    data(output, "f"),
    data(exitCode, "EXIT_CODE: 3"),
    { is: "closed", output: "" },
  ]);
});

test("what waits is told once it is asked for", () => {
  const told: ChannelEvent[] = [];
  const gathering = createGathering((event) => told.push(event));
  gathering.take(data(payloadTypes.output, "a"));
  expect(told).toEqual([]);
  gathering.flush();
  gathering.flush();
  expect(told).toEqual([data(payloadTypes.output, "a")]);
});
