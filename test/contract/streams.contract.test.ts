import { Duplex, PassThrough, Transform } from "node:stream";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ProviderError, type ProcessStream, type Provider } from "../../src/provider.ts";
import { describeWith } from "../support/requirements.ts";
import { processTarget } from "./targets/process-target.ts";
import { method, type Sabotage, sabotagePatience } from "./sabotage.ts";
import { streamTests } from "./tests/stream-tests.ts";
import type { ContractTarget } from "./target.ts";
import { createWorkbench, type Workbench } from "./workbench.ts";

type Exec = NonNullable<Provider["exec"]>;
type Attach = NonNullable<Provider["attach"]>;
type Forward = NonNullable<Provider["forward"]>;

const missing = (): never => {
  throw new Error("there is nothing to sabotage");
};
const exec = (change: (original: Exec) => Exec): Sabotage =>
  method("exec", (original) => change(original ?? missing()));
const attach = (change: (original: Attach) => Attach): Sabotage =>
  method("attach", (original) => change(original ?? missing()));
const forward = (change: (original: Forward) => Forward): Sabotage =>
  method("forward", (original) => change(original ?? missing()));
const stream = (lens: (stream: ProcessStream) => Partial<ProcessStream>) => ({
  exec: exec(
    (original) =>
      async (...args) =>
        changed(await original(...args), lens),
  ),
  attach: attach(
    (original) =>
      async (...args) =>
        changed(await original(...args), lens),
  ),
});
const changed = (original: ProcessStream, lens: (stream: ProcessStream) => Partial<ProcessStream>): ProcessStream => ({
  ...original,
  ...lens(original),
});
const never = new AbortController().signal;
const succeeds = stream((one) => ({ exit: one.exit.then(() => ({ code: 0 })) }));

/** Loses the last byte of each chunk. */
const leaky = (): Transform =>
  new Transform({ transform: (chunk: Buffer, _encoding, done) => done(null, chunk.subarray(0, -1)) });

const sabotages: Readonly<Record<string, readonly Sabotage[]>> = {
  "exec tells both outputs of a command apart, and its exit code": [
    succeeds.exec,
    stream((one) => ({ stdout: one.stderr ?? one.stdout, stderr: one.stdout })).exec,
  ],
  "exec of a command that is not there fails, or ends with 126 or 127": [
    exec((original) => async (target, command, signal) => original(target, { ...command, argv: ["true"] }, signal)),
  ],
  "exec without stdin reads from an empty one": [
    exec((original) => async (target, command, signal) => {
      const one = await original(target, { ...command, stdin: true }, signal);
      one.stdin.write("more");
      return { ...one, exit: Promise.reject(new ProviderError("unknown", "Waits", "it waits for its stdin")) };
    }),
  ],
  "exec carries a megabyte there and back byte for byte, and ends stdin when its writer does": [
    stream((one) => ({ stdout: one.stdout.pipe(leaky()) })).exec,
    exec((original) => async (target, command, signal) => original(target, { ...command, stdin: false }, signal)),
  ],
  "exec that is aborted leaves nothing running of the command": [
    exec((original) => async (target, command) => original(target, command, never)),
  ],
  "exec on a terminal gives the command one, with the size that is told": [
    exec((original) => async (target, command, signal) => original(target, { ...command, tty: false }, signal)),
    stream(() => ({ resize: () => undefined })).exec,
  ],
  "attach hears a container from now on, types into its stdin, and ends with its run": [
    attach((original) => async (target, _how, signal) => original(target, { stdin: false }, signal)),
    succeeds.attach,
    stream((one) => ({ stdout: one.stdout.pipe(leaky()) })).attach,
  ],
  "attach that is aborted ends nothing": [
    method("attach", (original, provider) => async (target, how, signal) => {
      signal.addEventListener("abort", () => void provider.stop(target.task, { graceSeconds: 0, discard: false }));
      return (original ?? missing())(target, how, signal);
    }),
  ],
  "forward brings a connection into the task's network, where each half ends by itself": [
    forward((original) => async (task, port, signal) => {
      const socket = await original(task, port, signal);
      socket.on("finish", () => socket.destroy());
      return socket;
    }),
    forward((original) => async (task, port, signal) => {
      const socket = await original(task, port, signal);
      // Its error is that of who destroys it early.
      return Duplex.from({ writable: socket, readable: socket.pipe(leaky()) }).on("error", () => undefined);
    }),
  ],
  "forward to a port where nobody listens is refused, and says which": [
    forward(() => async () => new PassThrough()),
    forward((original) => async (...args) => {
      try {
        return await original(...args);
      } catch {
        throw new ProviderError("unknown", "Refused", "no");
      }
    }),
  ],
};

describeWith(["root", "namespaces", "busybox"], "the contract suite of streams, on the process runtime", () => {
  let target: ContractTarget;
  let bench: Workbench | undefined;
  beforeAll(async () => {
    target = await processTarget();
  });
  afterEach(async () => {
    await bench?.clear();
    await bench?.close();
    bench = undefined;
  });
  afterAll(async () => {
    await target.provider.close?.();
    await target.close();
  });

  test("has a sabotage for each of its tests, and no other", () => {
    expect(Object.keys(sabotages).toSorted()).toEqual(streamTests.map(({ name }) => name).toSorted());
  });

  const broken = Object.entries(sabotages).flatMap(([name, list]) =>
    list.map((one, index) => [name, index, one] as const),
  );
  test.for(broken)("sees a provider fail that breaks: %s (%i)", async ([name, , sabotage]) => {
    // The target is for all of them.
    const provider = method("close", () => undefined)(sabotage(target.provider));
    bench = await createWorkbench({ ...target, provider, close: async () => undefined }, sabotagePatience);
    const found = streamTests.find((one) => one.name === name);
    await expect(found?.run(bench)).rejects.toThrow();
  });
});
