import { fstatSync, readdirSync, writeSync } from "node:fs";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "../../../../../test/support/eventually.ts";
import { openPipes, type Pipes } from "./pipes.ts";
import { childrenOf } from "./processes.ts";

let pipes: Pipes;
beforeEach(() => {
  pipes = openPipes();
});
afterEach(async () => {
  pipes.close();
  await eventually("the shell has ended", () => childrenOf(process.pid).length === 0);
});

const openFiles = (): number => readdirSync("/proc/self/fd").length;

it("pipes that are asked for at once are all different ones, and what is disposed of leaves no file open", async () => {
  (await pipes.make())[Symbol.dispose]();
  const before = openFiles();
  const many = await Promise.all(Array.from({ length: 20 }, async () => pipes.make()));
  const nodes = many.flatMap(({ theirs }) => theirs.map((fd) => fstatSync(fd)));
  expect(nodes.every((node) => node.isFIFO())).toBe(true);
  expect(new Set(nodes.map(({ ino }) => ino)).size).toBe(60);
  for (const each of many) each[Symbol.dispose]();
  expect(openFiles()).toBe(before);
});

it("an output ends when its last holder has closed it, and has lost nothing by then", async () => {
  const stdio = await pipes.make();
  const { stdout, stderr } = stdio.take({ stdin: false });
  writeSync(stdio.theirs[1], "out");
  writeSync(stdio.theirs[2], "err");
  stdio[Symbol.dispose]();
  expect(await Promise.all([text(stdout), text(stderr)])).toEqual(["out", "err"]);
});

it("the death of the shell that makes them fails who waits at most, and the next one gets a new shell", async () => {
  (await pipes.make())[Symbol.dispose]();
  const [shell] = childrenOf(process.pid);
  process.kill(shell as number, "SIGKILL");
  await pipes.make().then(
    (made) => made[Symbol.dispose](),
    (error: Error) => expect(error.message).toContain("could not be made"),
  );
  await eventually("it is gone", () => !childrenOf(process.pid).includes(shell as number));
  (await pipes.make())[Symbol.dispose]();
  pipes.close();
  await expect(pipes.make()).rejects.toThrow("no more");
});
