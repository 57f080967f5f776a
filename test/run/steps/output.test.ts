import { expect, it } from "vitest";
import { heldOutput } from "./output.ts";

it("holds back what is said beside somebody else until that has ended, in order, and then nothing", async () => {
  const written: string[] = [];
  const { promise: free, resolve: release } = Promise.withResolvers<void>();
  const output = heldOutput(free, (text) => void written.push(text.toString()));
  output.say("one");
  output.say(Buffer.from("two"));
  expect(written).toEqual([]);
  release();
  await free;
  output.say("three");
  expect(written).toEqual(["one", "two", "three"]);
});
