import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { describeWith } from "../../../../test/support/requirements.ts";
import { type FakeAzure, startFakeAzure, target, told } from "../testing.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function azure(how: Parameters<typeof startFakeAzure>[0]): Promise<FakeAzure> {
  const started = await startFakeAzure(how);
  open.push(() => started.close());
  return started;
}

const shell = (line: string): readonly string[] => ["sh", "-c", line];
const never = new AbortController().signal;

describeWith(["root", "busybox"], "a command without a terminal", () => {
  for (const image of ["dash", "bash", "busybox"] as const)
    for (const splits of [false, true]) {
      const where = `with ${image} of an image, where Azure ${splits ? "splits" : "does not split"} commands`;

      test.for([0, 1, 42, 127])(`${where}, ends with its own code %i, and its outputs are told apart`, async (code) => {
        const { exec, asked } = await azure({ image, splits });
        const line = `echo out; echo "err with ~ and 'quotes'" >&2; exit ${code}`;
        const { out, ...rest } = await told(exec, { argv: shell(line) });
        expect({ out: out.toString(), ...rest }).toEqual({ code, out: "out\n", err: "err with ~ and 'quotes'\n" });
        expect(asked).toEqual(["/bin/sh"]);
      });
    }

  test.for(["dash", "bash", "busybox"] as const)("carries 10 MB in and out byte for byte: %s", async (image) => {
    const { exec } = await azure({ image });
    const bytes = randomBytes(10 * 2 ** 20);
    const { out, err, code } = await told(exec, { argv: ["cat"] }, bytes);
    expect([out.equals(bytes), err, code]).toEqual([true, "", 0]);
  });

  test.for(["dash", "bash", "busybox"] as const)("gets every word as it is, and no terminal: %s", async (image) => {
    const { exec } = await azure({ image });
    const words = ["a b", "", "c'd\"e", "$x `y` \\n \\", "line\nbreak\ttab", "größe", "-n", "!", "%s", "*"];
    const { out } = await told(exec, { argv: ["printf", "<%s>", ...words] });
    expect(out.toString()).toBe(words.map((word) => `<${word}>`).join(""));
    const line =
      "for n in 0 1 2; do test -t $n && echo $n; done; for n in 3 8 9; do test -e /proc/$$/fd/$n && echo $n; done";
    expect((await told(exec, { argv: shell(line) })).out.toString()).toBe("");
  });

  test("reads its input as it comes, and its end", async () => {
    const { exec } = await azure({ image: "busybox" });
    const stream = await exec(target(), { argv: ["sh"], tty: false, stdin: true }, never);
    const heard = listenTo(stream.stdout);
    for (const word of ["one", "two"]) {
      stream.stdin.write(`echo ${word}\n`);
      await eventually(`the shell answers ${word}`, () => heard().endsWith(`${word}\n`));
    }
    stream.stdin.end("exit 5\n");
    expect(await stream.exit).toEqual({ code: 5 });
  });

  test("without input reads from an empty one, and one that reads nothing ends all the same", async () => {
    const { exec } = await azure({ image: "dash" });
    expect(await told(exec, { argv: shell("cat; exit 3") })).toMatchObject({ code: 3 });
    const stream = await exec(target(), { argv: ["true"], tty: false, stdin: true }, never);
    stream.stdin.write(randomBytes(2 ** 20));
    stream.stdout.resume();
    stream.stderr?.resume();
    expect(await stream.exit).toEqual({ code: 0 });
  });

  test("that is not there ends with 127", async () => {
    const { exec } = await azure({ image: "dash" });
    const { code, err } = await told(exec, { argv: ["no-such-command"] });
    expect([code, err]).toEqual([127, expect.stringContaining("no-such-command")]);
  });

  test("is not what the shell calls so", async () => {
    const { exec } = await azure({ image: "dash" });
    for (const word of ["o", "i", "set", "exit"])
      expect(await told(exec, { argv: [word, "9"] })).toMatchObject({ code: 127 });
  });

  test.for([true, false])("that is given up is killed with its children, where Azure hangs up: %s", async (hangsUp) => {
    const { exec } = await azure({ image: "busybox", hangsUp });
    for (const how of ["signal", "stdin"] as const) {
      const nap = String((lastNap += 1));
      const stop = new AbortController();
      const line = `trap '' HUP TERM; sleep ${nap} & sleep ${nap}`;
      const stream = await exec(target(), { argv: shell(line), tty: false, stdin: true }, stop.signal);
      stream.stdout.resume();
      await eventually("both sleep", () => sleeping(nap) === 2);
      if (how === "signal") stop.abort();
      else stream.stdin.destroy();
      await expect(stream.exit).rejects.toMatchObject({ name: "ProviderError", reason: "StreamAbandoned" });
      await eventually("nobody sleeps", () => sleeping(nap) === 0);
    }
  });

  test("that nobody reads stands still, and nothing is lost", async () => {
    const { exec } = await azure({ image: "dash" });
    const stream = await exec(
      target(),
      { argv: shell("head -c 20000000 /dev/zero; echo done >&2"), tty: false, stdin: false },
      never,
    );
    const heard = listenTo(stream.stderr ?? stream.stdout);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect([heard(), stream.stdout.readableLength < 1 << 20]).toEqual(["", true]);
    let count = 0;
    for await (const chunk of stream.stdout) count += (chunk as Buffer).length;
    expect([count, await stream.exit]).toEqual([20_000_000, { code: 0 }]);
  });

  test("whose stream breaks off has no exit code, and is killed", async () => {
    const { exec, breakOff } = await azure({ image: "dash" });
    const nap = String((lastNap += 1));
    const stream = await exec(target(), { argv: ["sleep", nap], tty: false, stdin: false }, never);
    await eventually("it sleeps", () => sleeping(nap) === 1);
    breakOff();
    await expect(stream.exit).rejects.toMatchObject({ name: "ProviderError", kind: "unknown" });
    await eventually("nobody sleeps", () => sleeping(nap) === 0);
  });

  test("is refused with the programs that the image lacks", async () => {
    const { exec } = await azure({ image: "dash", bare: true });
    await expect(told(exec, { argv: ["true"] })).rejects.toMatchObject({
      kind: "invalid",
      reason: "ToolsMissing",
      message: expect.stringContaining("stty, dd, head, base64") as string,
    });
  });
});

describeWith(["root", "busybox"], "a command on a terminal", () => {
  test.for(["dash", "bash", "busybox"] as const)(
    "has one of the right size, and ends with its code: %s",
    async (image) => {
      const { exec } = await azure({ image });
      const line = "test -t 0 && test -t 1 && test -t 2 && stty size; exit 42";
      const size = { columns: 101, rows: 43 };
      const { out, code } = await told(exec, { argv: shell(line), tty: true, size, stdin: true });
      expect([out.toString(), code]).toEqual(["43 101\r\n", 42]);
    },
  );

  test.for(["dash", "bash", "busybox"] as const)("takes what is typed, Ctrl-C too, and shows it: %s", async (image) => {
    const { exec } = await azure({ image });
    const line = "trap 'echo caught; exit 9' INT; read word; echo got $word; while :; do sleep 0.1; done";
    const stream = await exec(target(), { argv: shell(line), tty: true, stdin: true }, never);
    const heard = listenTo(stream.stdout);
    stream.stdin.write("hello\r");
    await eventually("it has it", () => heard() === "hello\r\ngot hello\r\n");
    stream.stdin.write("\x03");
    expect(await stream.exit).toEqual({ code: 9 });
    expect(heard()).toBe("hello\r\ngot hello\r\n^Ccaught\r\n");
  });

  test("is resized by a command beside it, the last of many sizes soon", async () => {
    const { exec, asked } = await azure({ image: "busybox" });
    const line = "trap 'stty size' WINCH; echo listens; while :; do sleep 0.1; done";
    const stop = new AbortController();
    const stream = await exec(target(), { argv: shell(line), tty: true, stdin: true }, stop.signal);
    const heard = listenTo(stream.stdout);
    await eventually("it listens", () => heard() === "listens\r\n");
    stream.resize(80, 24);
    for (let step = 1; step <= 20; step++) stream.resize(100 + step, 40);
    await eventually("the last one is there", () => heard().includes("40 120"));
    expect(asked.length).toBeLessThanOrEqual(3);
    stop.abort();
    await expect(stream.exit).rejects.toMatchObject({ reason: "StreamAbandoned" });
  });

  test.for([true, false])("that is given up is killed with its children, where Azure hangs up: %s", async (hangsUp) => {
    const { exec } = await azure({ image: "dash", hangsUp });
    const nap = String((lastNap += 1));
    const stop = new AbortController();
    const line = `trap '' HUP TERM; sleep ${nap} & sleep ${nap}`;
    const stream = await exec(target(), { argv: shell(line), tty: true, stdin: true }, stop.signal);
    stream.stdout.resume();
    await eventually("both sleep", () => sleeping(nap) === 2);
    stop.abort();
    await expect(stream.exit).rejects.toMatchObject({ reason: "StreamAbandoned" });
    await eventually("nobody sleeps", () => sleeping(nap) === 0);
  });
});

describeWith(["root", "busybox"], "an image without a shell", () => {
  test.for(["error", "end"] as const)(
    "has a clear error for a command without a terminal: Azure says it by an %s",
    async (missing) => {
      const { exec, asked } = await azure({ image: "none", missing });
      await expect(told(exec, { argv: ["/usr/bin/true"] })).rejects.toMatchObject({
        kind: "invalid",
        reason: "NoShell",
        message: expect.stringMatching(
          /no shell at .*without one only a program without arguments can be started/,
        ) as string,
      });
      await expect(told(exec, { argv: ["/usr/bin/echo", "hi"], tty: true })).rejects.toMatchObject({
        reason: "NoShell",
      });
      expect(asked).not.toContain("/usr/bin/true");
    },
  );

  test("still runs a program without arguments on a terminal, whose exit code nobody knows", async () => {
    const { exec } = await azure({ image: "none" });
    const stream = await exec(target(), { argv: ["/usr/bin/tty"], tty: true, stdin: false }, never);
    const heard = listenTo(stream.stdout);
    await expect(stream.exit).rejects.toMatchObject({ kind: "unknown", reason: "ExitCodeUnknown" });
    expect(heard()).toMatch(/^\/dev\/pts\/\d+\r\n$/);
  });
});

let lastNap = process.pid * 1000;
/** Processes that sleep for so long, which nobody else does. */
function sleeping(nap: string): number {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return processes.filter((pid) => wordsOf(pid).endsWith(`sleep\0${nap}\0`)).length;
}

function wordsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    // It has just ended.
    return "";
  }
}

function listenTo(stream: Readable): () => string {
  let heard = "";
  stream.on("data", (chunk: Buffer) => (heard += chunk.toString()));
  return () => heard;
}
