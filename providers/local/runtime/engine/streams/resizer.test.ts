import { expect, it } from "vitest";
import { fakeClock } from "../../../../../test/support/fake-clock.ts";
import { resizer } from "./resizer.ts";

/** Requests that the engine has still to answer. */
function engine() {
  const asked: string[] = [];
  const answers: ((fails: boolean) => void)[] = [];
  const send = async (columns: number, rows: number): Promise<void> => {
    asked.push(`${columns}x${rows}`);
    const fails = await new Promise<boolean>((resolve) => answers.push(resolve));
    if (fails) throw new Error("no terminal yet");
  };
  return { asked, send, answer: (fails = false) => answers.shift()?.(fails) };
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

it("sends the newest of a burst alone, and once again when it has rested", async () => {
  const { asked, send, answer } = engine();
  const clock = fakeClock();
  const resize = resizer(send, clock);
  for (const rows of [1, 2, 3]) resize(80, rows);
  expect(asked).toEqual(["80x1"]);
  answer();
  await settle();
  expect(asked).toEqual(["80x1", "80x3"]);
  answer();
  await settle();
  await clock.advance(200);
  await settle();
  expect(asked).toEqual(["80x1", "80x3", "80x3"]);
  answer();
  await settle();
  await clock.advance(10_000);
  expect(asked).toHaveLength(3);
});

it("goes on with what comes while it rests, and gives up on a terminal that never comes", async () => {
  const { asked, send, answer } = engine();
  const clock = fakeClock();
  const resize = resizer(send, clock);
  resize(80, 1);
  answer();
  await settle();
  resize(80, 2);
  await clock.advance(200);
  await settle();
  expect(asked).toEqual(["80x1", "80x2"]);
  for (let tries = 0; tries < 5; tries += 1) {
    answer(true);
    await settle();
    await clock.advance(50);
    await settle();
  }
  expect(asked).toHaveLength(6);
  resize(80, 4);
  expect(asked.at(-1)).toBe("80x4");
});
