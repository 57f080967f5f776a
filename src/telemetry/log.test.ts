import { expect, it, test } from "vitest";

import { Late, SecretText } from "../provider.ts";
import { createLog } from "./log.ts";

const now = 1_767_323_045_678;

function capture(format: "json" | "text", verbosity = 0) {
  const lines: string[] = [];
  const log = createLog({
    format,
    verbosity,
    destination: { write: (line) => lines.push(line) },
    clock: { now: () => now },
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? "null") as Record<string, unknown> };
}

it("writes klog's JSON keys, with ts in seconds", () => {
  const { log, lines, last } = capture("json");
  log.info("Pod launched", { pod: { namespace: "default", name: "web" }, attempt: 2 });
  expect(lines.at(-1)).toMatch(/^\{.*\}\n$/);
  expect(last()).toEqual({
    level: "info",
    v: 0,
    ts: 1_767_323_045.678,
    msg: "Pod launched",
    pod: { namespace: "default", name: "web" },
    attempt: 2,
  });
});

it("gives errors an err text with every cause, and no v", () => {
  const { log, last } = capture("json");
  log.error("Launch failed", { err: new Error("launching", { cause: new Error("no route to host") }) });
  expect(last()).toEqual({ level: "error", ts: now / 1000, msg: "Launch failed", err: "launching: no route to host" });
});

it("names a whole pod instead of dumping it", () => {
  const { log, last } = capture("json");
  log.info("Seen", { pod: { metadata: { namespace: "a", name: "b" }, spec: { containers: [] } } });
  expect(last()["pod"]).toEqual({ namespace: "a", name: "b" });
});

it("keeps fields from overwriting the keys that parsers rely on", () => {
  const { log, last } = capture("json");
  log.info("Real", { msg: "forged", ts: 1, v: 9, level: "fatal" });
  expect(last()).toMatchObject({ msg: "Real", ts: now / 1000, v: 0, level: "info", msg_: "forged", ts_: 1 });
});

test.for([
  { verbosity: 0, shown: false },
  { verbosity: 3, shown: false },
  { verbosity: 4, shown: true },
  { verbosity: 10, shown: true },
])("with verbosity $verbosity debug lines are shown: $shown", ({ verbosity, shown }) => {
  const { log, lines } = capture("json", verbosity);
  log.debug("Detail");
  expect(lines).toHaveLength(shown ? 1 : 0);
});

it("puts the fields of `with` on every line", () => {
  const { log, last } = capture("json");
  log.with({ node: "burst-1" }).with({ provider: "local" }).warn("Careful", { n: 1 });
  expect(last()).toMatchObject({ level: "warn", node: "burst-1", provider: "local", n: 1 });
});

it.each(["json", "text"] as const)("never prints a secret as %s", (format) => {
  const { log, lines } = capture(format, 10);
  const secret = "s3cr3t-value-that-must-not-appear";
  const cyclic: Record<string, unknown> = { secretText: new SecretText(secret) };
  cyclic["self"] = cyclic;
  log.info("Everything", {
    plain: new SecretText(secret),
    late: new Late([new SecretText(secret), { late: "podIP" }]),
    nested: { list: [{ password: secret, Authorization: `Bearer ${secret}` }], cyclic },
    token: secret,
    "secret-access-key": secret,
    header: `authorization: Bearer ${secret}`,
    jwt: `eyJhbGciOiJSUzI1NiJ9.${secret}.c2ln`,
    pem: `-----BEGIN EC PRIVATE KEY-----\n${secret}\n-----END EC PRIVATE KEY-----`,
    buffer: Buffer.from(secret),
    map: new Map([["token", secret]]),
    set: new Set([new SecretText(secret)]),
    err: new Error(`401 for Bearer ${secret}`, { cause: new Error(`with Bearer ${secret}`) }),
  });
  expect(lines.join("")).not.toContain(secret);
  expect(lines.join("")).not.toContain(Buffer.from(secret).toString("base64"));
  expect(lines).toHaveLength(1);
});

it("prints whatever is logged without throwing", () => {
  const { log, lines } = capture("json");
  log.info("Odd", {
    big: 10n,
    nan: Number.NaN,
    nothing: null,
    fn: () => 1,
    symbol: Symbol("s"),
    hostile: {
      toJSON() {
        throw new Error("no");
      },
    },
    notAnError: "x",
  });
  log.error("Odd error", { err: { code: 7 } });
  log.error("Text error", { err: "plain text" });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ big: "10", nan: "NaN", nothing: null, hostile: "[unprintable]" });
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({ err: "{ code: 7 }" });
  expect(JSON.parse(lines[2] ?? "")).toMatchObject({ err: "plain text" });
});

it("prints one readable line for people as text", () => {
  const { log, lines } = capture("text");
  log.warn("Careful\nnow", {
    pod: { namespace: "default", name: "web" },
    wait: 3,
    why: "two words\nand lines",
    list: [1],
  });
  expect(lines).toEqual([
    '2026-01-02 03:04:05.678Z WARN  Careful now  pod=default/web wait=3 why="two words\\nand lines" list=[1]\n',
  ]);
});

it("prints a message without fields as text", () => {
  const { log, lines } = capture("text");
  log.error("Alone");
  expect(lines).toEqual(["2026-01-02 03:04:05.678Z ERROR Alone\n"]);
});
