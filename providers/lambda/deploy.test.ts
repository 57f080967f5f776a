import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { admitted, admittedWorld } from "../../test/support/pods.ts";
import { eventually } from "../../test/support/eventually.ts";
import { resolvedPod } from "../../test/support/resolve-sources.ts";
import type { Pod } from "../../src/provider.ts";
import { supportRows } from "./support.ts";
import { openBench, read } from "./logs/testing.ts";
import { translate } from "./translate.ts";

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => vi.unstubAllEnvs());

const deploy = join(import.meta.dirname, "../../deploy");

test("the policy of burstlet names the calls that it really makes, and the page says what each is for", async () => {
  const durable = { timeout: 60, durable: {}, script: { result: { Status: "SUCCEEDED" } } };
  const functions = { f: { timeout: 60 }, d: durable, e: { script: { marks: true } } };
  await using bench = await openBench({ functions });
  const { provider, aws } = bench;
  await provider.capacity();
  await provider.preflight?.();
  const state = await bench.run("a", { SCRIPT_PRINT: "x\n".repeat(5_000) });
  await eventually("CloudWatch has more than the end", async () => {
    await read(provider, state, { follow: true });
    return aws.calls.of("logs:GetLogEvents") > 0;
  });
  await bench.run("b", {}, "stopped", "lambda://d");
  await bench.run("e", {}, "stopped", "lambda://e");
  const { identity } = await bench.run("c", { SCRIPT_RUN: "forever" }, "running", "lambda://d");
  await provider.stop({ identity }, { graceSeconds: 0, discard: false });
  await eventually("stopped", () => aws.calls.of("lambda:StopDurableExecution") > 0);
  const { Statement } = JSON.parse(await readFile(join(deploy, "iam/lambda.json"), "utf8")) as {
    Statement: { Action: string | string[] }[];
  };
  const actions = Statement.flatMap(({ Action }) => Action).toSorted();
  // The one call whose action has another name.
  const called = Object.keys(aws.calls.all).map((call) => (call === "lambda:Invoke" ? "lambda:InvokeFunction" : call));
  expect(called.toSorted()).toEqual(actions);
  const page = await readFile(join(deploy, "iam/README.md"), "utf8");
  const rows = page.slice(page.indexOf("`lambda.json` is for"));
  expect([...rows.matchAll(/`((?:lambda|logs):[A-Za-z]+)`/g)].map(([, action]) => action).toSorted()).toEqual(actions);
});

const examples = (await readdir(join(deploy, "examples/lambda"))).toSorted();

test("the examples are these", () => {
  expect(examples).toEqual(["cronjob.yaml", "durable-job.yaml", "event-job.yaml", "job.yaml"]);
});

test.for(examples)("%s can run as it is written, with the grant that it names", async (file) => {
  const text = await readFile(join(deploy, "examples/lambda", file), "utf8");
  const { spec } = parse(text) as { spec: { template?: Pod; jobTemplate?: { spec: { template: Pod } } } };
  const template = spec.jobTemplate?.spec.template ?? spec.template ?? {};
  const metadata = { ...template.metadata, name: "example-1", namespace: "ns", uid: "u" };
  const [, grant = ""] = /grant: (\S+)/.exec(text) ?? [];
  const pod = await resolvedPod(admitted({ ...template, metadata }), admittedWorld);
  expect(
    translate(pod, supportRows, {
      grants: [{ namespace: "ns", allow: [grant] }],
      durableFunctions: ["crawl"],
      eventFunctions: ["notify"],
    }).refusals,
  ).toEqual([]);
});
