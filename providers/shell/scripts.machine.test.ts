/** The programs on real shells and a real terminal. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/telemetry/clock.ts";
import { eventually } from "../../test/support/eventually.ts";
import { describeWith } from "../../test/support/requirements.ts";
import { createAgentText } from "../../localstack/ssm/agent/text.ts";
import { openTerminals } from "../local/runtime/process/terminal/terminals.ts";
import { createTypedInput } from "./input.ts";
import { createMarkedOutput, type MarkedEvent, type OutputForm } from "./output.ts";
import { createPairing, withoutChoices } from "./pairing.ts";
import { besidePipes, besideTerminal, onTerminal } from "./scripts.ts";

const token = "b0123456789abcdef";
const programs = ["dd", "base64", "cat", "stty", "setsid", "sleep", "head", "ls", "grep", "tee", "tr"];
/** Every byte, those that mean something to a terminal side by side, and what an agent takes for broken text. */
const bytes = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from([4, 4, 22, 4, 22, 22, 10, 4, 10, 10, 22, 10, 0, 4]),
  Buffer.from("\u{fffd}\u{fffd}"),
  randomBytes(300_000),
  Buffer.alloc(20_000, "x"),
]);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "burstlet-shells-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A PATH on which `sh` is this shell: busybox with its own programs, the others with this machine's, or with some. */
function pathOf(shell: string, only?: readonly string[]): string {
  const at = mkdtempSync(join(folder, `${shell}-`));
  const link = (name: string, to: string) => symlinkSync(to, join(at, name));
  link("sh", shell === "busybox" ? "/usr/bin/busybox" : `/bin/${shell}`);
  if (shell === "busybox") for (const name of programs) link(name, "/usr/bin/busybox");
  for (const name of only ?? []) link(name, `/usr/bin/${name}`);
  return shell === "busybox" || only !== undefined ? at : `${at}:/usr/bin:/bin`;
}

interface Told {
  readonly out: Buffer;
  readonly err: string;
  readonly code: number | undefined;
  readonly words: readonly MarkedEvent[];
}

function told(events: readonly MarkedEvent[]): Told {
  const of = (stream: "stdout" | "stderr") =>
    Buffer.concat(events.flatMap((event) => (event.is === stream && "bytes" in event ? [event.bytes] : [])));
  const exit = events.find((event) => event.is === "exit");
  const words = events.filter((event) => !("bytes" in event));
  return { out: of("stdout"), err: of("stderr").toString(), code: exit?.is === "exit" ? exit.code : undefined, words };
}

const env = (PATH: string) => ({ PATH, k: "own k", c: "own c", p: "own p", i: "own i" });

async function onPty(
  PATH: string,
  argv: readonly string[],
  kind: "terminal" | "records",
  input?: Buffer,
  ends = true,
): Promise<Told> {
  const [, ...rest] = argv;
  const sh = join(PATH.split(":")[0] ?? "", "sh");
  const wired = openTerminals()({ argv: [sh, ...rest], env: env(PATH), groups: [], detached: true }, systemClock);
  const events: MarkedEvent[] = [];
  const reader = createMarkedOutput(token, kind);
  wired.stdout.on("data", (chunk: Buffer) => {
    for (const event of reader.feed(chunk)) {
      events.push(event);
      if (event.is === "exit" && !ends) wired.stdin?.write(createTypedInput().end);
      if (event.is !== "ready" || input === undefined) continue;
      const typed = createTypedInput();
      for (let at = 0; at < input.length; at += 1_000) wired.stdin?.write(typed.type(input.subarray(at, at + 1_000)));
      if (ends) wired.stdin?.write(typed.end);
    }
  });
  await new Promise((resolve) => wired.stdout.once("close", resolve));
  return told(events);
}

interface ToldByPipes extends Told {
  /** The exit code of the shell. */
  readonly shell: number | null;
  readonly form: OutputForm | undefined;
  /** Paired output has come to its end. */
  readonly whole: boolean;
}

/** With what the agent of AWS makes of both outputs between. */
async function onPipes(
  PATH: string,
  argv: readonly string[],
  stop?: (events: readonly MarkedEvent[]) => boolean,
): Promise<ToldByPipes> {
  const child = spawn(join(PATH.split(":")[0] ?? "", "sh"), argv.slice(1), {
    env: env(PATH),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const events: MarkedEvent[] = [];
  const [out, err] = [createMarkedOutput(token, "records"), createMarkedOutput(token, "records", true)];
  const pairing = createPairing();
  let form: OutputForm | undefined;
  const paired = (all: readonly Buffer[]): void => all.forEach((bytes) => events.push({ is: "stdout", bytes }));
  const hearOut = (event: MarkedEvent): void => {
    if (event.is === "ready") form = event.outputs;
    if (event.is === "stdout" && form === "paired") paired(pairing.data(event.bytes));
    else events.push(event);
  };
  const hear = (take: (bytes: Buffer) => void) => {
    const asText = createAgentText();
    return (chunk: Buffer): void => {
      for (let at = 0; at < chunk.length; at += 1_024) take(asText(chunk.subarray(at, at + 1_024)));
      if (stop?.(events) === true) child.kill("SIGINT");
    };
  };
  child.stdout.on(
    "data",
    hear((bytes) => out.feed(bytes).forEach(hearOut)),
  );
  child.stderr.on(
    "data",
    hear((bytes) => {
      const { choices, rest } = withoutChoices(bytes);
      paired(pairing.choices(choices));
      events.push(...err.feed(rest));
    }),
  );
  const shell = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { ...told(events), shell, form, whole: pairing.whole };
}

describeWith(["busybox"], "the programs for shells", () => {
  describe.for(["busybox", "dash", "bash"])("on %s", (shell) => {
    test("bytes typed on a terminal come back from a command whole, with their end", async () => {
      const { out, err, code } = await onPty(pathOf(shell), besideTerminal(["cat"], token, true), "records", bytes);
      expect([out.equals(bytes), err, code]).toEqual([true, "", 0]);
    });

    test("both outputs and the code of a command on a terminal are told apart, and its variables are its own", async () => {
      const line = 'echo $k, $c, $p, $i; echo "a b" "$1" >&2; exit 3';
      const argv = besideTerminal(["sh", "-c", line, "sh", "it's \\ $x"], token, false);
      const { out, err, code } = await onPty(pathOf(shell), argv, "records");
      expect({ out: out.toString(), err, code }).toEqual({
        out: "own k, own c, own p, own i\n",
        err: "a b it's \\ $x\n",
        code: 3,
      });
    });

    test("a line that is typed is read at once, and nothing has to follow it", async () => {
      const command = [...besideTerminal(["sh", "-c", "read -r line; echo got $line"], token, true)];
      // The input is left open: the command's end is that of the test.
      const { out } = await onPty(pathOf(shell), command, "records", Buffer.from("one\n"), false);
      expect(out.toString()).toBe("got one\n");
    });

    test("a command may end before its input does", async () => {
      const argv = besideTerminal(["sh", "-c", "read -r line; echo $line; exit 5"], token, true);
      const { out, code } = await onPty(pathOf(shell), argv, "records", Buffer.from("one\ntwo\nthree"));
      expect([out.toString(), code]).toEqual(["one\n", 5]);
    });

    test("a command that is not there ends with 127, and built-ins of the shell are none", async () => {
      for (const name of ["no-such-command", "export"]) {
        const { code, err } = await onPty(pathOf(shell), besideTerminal([name], token, false), "records");
        expect([code, err]).toEqual([127, expect.stringContaining(name)]);
      }
    });

    test.for(["KILL", "TERM", "SEGV"])("a command that SIG%s ends has said no more than it has", async (signal) => {
      const line = ["sh", "-c", `echo data; echo trouble >&2; kill -${signal} $$`];
      for (const stdin of [true, false]) {
        const argv = besideTerminal(line, token, stdin);
        const { out, err } = await onPty(pathOf(shell), argv, "records", stdin ? Buffer.from("") : undefined);
        expect([out.toString(), err]).toEqual(["data\n", "trouble\n"]);
      }
      const piped = await onPipes(pathOf(shell), besidePipes(line, token));
      expect([piped.out.toString(), piped.err]).toEqual(["data\n", "trouble\n"]);
    });

    test("a command on a terminal has one, of the size that is told, and its code is known", async () => {
      const argv = onTerminal(["sh", "-c", "test -t 0 && stty size; exit 7"], token, { rows: 33, columns: 99 });
      const { out, code } = await onPty(pathOf(shell), argv, "terminal");
      expect([out.toString(), code]).toEqual(["33 99\r\n", 7]);
    });

    test("outputs on pipes of their own come whole, and the shell ends with the command's code", async () => {
      const line = "head -c 3000000 /dev/zero; echo trouble >&2; echo $k, $c, $p, $i; exit 4";
      const { out, err, shell: code } = await onPipes(pathOf(shell), besidePipes(["sh", "-c", line], token));
      const end = "own k, own c, own p, own i\n";
      expect([out.length, out.subarray(3_000_000).toString(), err, code]).toEqual([
        3_000_000 + end.length,
        end,
        "trouble\n",
        4,
      ]);
    });

    test("any bytes come whole by a way on which the agent breaks some", async () => {
      const file = join(folder, `${shell}.bytes`);
      writeFileSync(file, bytes);
      const line = `cat ${file}; cat ${file} >&2`;
      const { out, err, form, whole } = await onPipes(pathOf(shell), besidePipes(["sh", "-c", line], token));
      expect([out.equals(bytes), err, form, whole]).toEqual([true, bytes.toString(), "paired", true]);
    });

    test("what was written is told although the command goes on, and its variables are its own", async () => {
      const line = 'printf "¿"; echo $k, $c, $p, $i >&2; sleep 3600';
      const said = (events: readonly MarkedEvent[]): string => told(events).out.toString() + told(events).err;
      const wanted = "¿own k, own c, own p, own i\n";
      const argv = besidePipes(["sh", "-c", line], token);
      const { out, err } = await onPipes(pathOf(shell), argv, (events) => said(events) === wanted);
      expect(out.toString() + err).toBe(wanted);
    });

    test("SIGINT ends a command on pipes with all that it has started", async () => {
      const mark = `98${Math.floor(performance.now() * 1000)}`;
      const argv = besidePipes(["sh", "-c", `sleep ${mark} & echo began; sleep ${mark}`], token);
      const ended = await onPipes(pathOf(shell), argv, (events) => told(events).out.length > 0);
      expect(ended.shell).toBe(137);
      await eventually("nothing sleeps", async () => !(await commandLines()).includes(mark));
    });
  });

  test("where nothing is known of tr, outputs on pipes are records", async () => {
    const path = pathOf("dash", ["dd", "base64", "cat", "tee"]);
    const { out, form } = await onPipes(path, besidePipes(["sh", "-c", "printf '\\357\\277\\275'"], token));
    expect([out.toString(), form]).toEqual(["\u{fffd}", "marked"]);
  });

  test("what is missing in a container is named", async () => {
    const { words } = await onPty(pathOf("dash", ["dd", "base64"]), besideTerminal(["cat"], token, true), "records");
    expect(words).toEqual([{ is: "missing", program: "stty" }]);
  });
});

async function commandLines(): Promise<string> {
  const child = spawn("ps", ["-eo", "args"]);
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => child.once("close", resolve));
  return text;
}
