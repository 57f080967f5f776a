import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { admitted, admittedWorld } from "../../test/support/pods.ts";
import { resolvedPod } from "../../test/support/resolve-sources.ts";
import type { Pod } from "../../src/provider.ts";
import { supportRows } from "./support.ts";
import { openLambda } from "./testing.ts";
import { translate } from "./translate.ts";

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => vi.unstubAllEnvs());

const deploy = join(import.meta.dirname, "../../deploy");

test("the policy of burstlet names the calls that it really makes, and the page says what each is for", async () => {
  await using opened = await openLambda({ durableFunctions: ["d"] });
  const Configuration = { Version: "1", MemorySize: 128, Timeout: 3, State: "Active", DurableConfig: {} };
  opened.lambda.functions["d"] = { Configuration };
  await opened.provider.capacity();
  await opened.provider.preflight?.();
  await opened.launch("a");
  await opened.until("ended", () => opened.state("a")?.phase === "stopped");
  for (const uid of ["b", "c"]) await opened.launch(uid, { image: "lambda://d:1" });
  const [b, c] = ["b", "c"].map((podUid) => ({ identity: { clusterUid: "cluster-1", podUid, attempt: 1 } }));
  Object.assign(opened.lambda.executions.all[0] ?? {}, { status: "SUCCEEDED" });
  await opened.until("ended", () => opened.state("b")?.phase === "stopped", 100);
  if (b === undefined || c === undefined) throw new TypeError("two were named");
  await opened.provider.stop(c, { graceSeconds: 0, discard: false });
  await opened.until("stopped", () => opened.state("c")?.phase === "stopped", 100);
  const { identity } = opened.state("a") ?? (await opened.launch("a"));
  await opened.provider.stop({ identity }, { graceSeconds: 1, discard: true });
  const { Statement } = JSON.parse(await readFile(join(deploy, "iam/lambda.json"), "utf8")) as {
    Statement: { Action: string | string[] }[];
  };
  const actions = Statement.flatMap(({ Action }) => Action).toSorted();
  expect([...new Set(opened.lambda.calls)].toSorted()).toEqual(actions);
  const page = await readFile(join(deploy, "iam/README.md"), "utf8");
  const rows = page.slice(page.indexOf("`lambda.json` is for"));
  expect([...rows.matchAll(/`(lambda:[A-Za-z]+)`/g)].map(([, action]) => action).toSorted()).toEqual(actions);
});

const examples = (await readdir(join(deploy, "examples/lambda"))).toSorted();

test("the examples are these", () => {
  expect(examples).toEqual(["cronjob.yaml", "job.yaml"]);
});

test.for(examples)("%s can run as it is written, with the grant that it names", async (file) => {
  const text = await readFile(join(deploy, "examples/lambda", file), "utf8");
  const { spec } = parse(text) as { spec: { template?: Pod; jobTemplate?: { spec: { template: Pod } } } };
  const template = spec.jobTemplate?.spec.template ?? spec.template ?? {};
  const metadata = { ...template.metadata, name: "example-1", namespace: "ns", uid: "u" };
  const [, grant = ""] = /grant: (\S+)/.exec(text) ?? [];
  const pod = await resolvedPod(admitted({ ...template, metadata }), admittedWorld);
  expect(
    translate(pod, supportRows, { grants: [{ namespace: "ns", allow: [grant] }], durableFunctions: [] }).refusals,
  ).toEqual([]);
});
