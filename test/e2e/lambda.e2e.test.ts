import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { parse } from "yaml";
import { type FakeLambda, type Invoked, startFakeLambda } from "../../providers/lambda/testing.ts";
import type { Pod } from "../../src/model/kube.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { exitCode, hasPhase, podManifest, startWorld, type World } from "./world.ts";

const COMPLETIONS = 60;
const HELD = 20;

describeWith(["go", "namespaces", "root"], "a node on Lambda, over HTTP as AWS documents it", () => {
  let world: World;
  let lambda: FakeLambda;
  beforeAll(async () => {
    lambda = await startFakeLambda();
    lambda.functions["run"] = { Configuration: { Version: "3", MemorySize: 512, Timeout: 900, State: "Active" } };
    world = await startWorld({
      env: { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
      node: {
        name: "burst-lambda",
        provider: "lambda",
        grants: [{ namespace: "default", allow: ["run:live"] }],
        lambda: { region: "us-east-1", endpoint: lambda.url },
      },
    });
  });
  afterAll(async () => {
    await world?.stop();
    await lambda.close();
  });
  beforeEach(() => {
    lambda.invoked.length = 0;
    lambda.answer = () => ({ returns: null, tail: "done\n" });
  });

  const onLambda = (name: string, more: object = {}) =>
    podManifest(name, {
      image: "lambda://run:live",
      restartPolicy: "Never",
      spec: { nodeName: "burst-lambda", ...more },
    });

  it("runs the example Job: every pod is invoked once, and its log is there", async () => {
    const file = join(import.meta.dirname, "../../deploy/examples/lambda/job.yaml");
    const job = parse(await readFile(file, "utf8")) as { spec: object };
    await world.cluster.apply({ ...job, spec: { ...job.spec, completions: COMPLETIONS, parallelism: 20 } });
    await world.cluster.kubectl("wait", "job/squares", "--for=condition=Complete", "--timeout=120s");
    expect(lambda.invoked).toHaveLength(COMPLETIONS);
    expect(invokedTwice(lambda.invoked)).toEqual([]);
    const indexes = lambda.invoked.map(({ payload }) => variable(payload, "JOB_COMPLETION_INDEX"));
    expect(new Set(indexes).size).toBe(COMPLETIONS);
    const [pod] = await world.pods("job-name=squares");
    expect(await world.cluster.kubectl("logs", pod?.metadata?.name ?? "")).toBe("done\n");
    expect(pod?.metadata?.annotations).toMatchObject({ "burstlet.dev/provisioned": "512MB" });
  });

  it("refuses before any invocation what cannot be: no grant, or a function that is too small", async () => {
    const big = { resources: { requests: { cpu: "50m", memory: "600Mi" } } };
    await world.cluster.apply(podManifest("other", { ...fixture, image: "lambda://other" }));
    await world.cluster.apply(podManifest("big", { ...fixture, image: "lambda://run:live", container: big }));
    const other = await world.until("other", "is refused", hasPhase("Failed"));
    expect(JSON.stringify(other.status)).toContain("No grant");
    const tooSmall = await world.until("big", "is refused", hasPhase("Failed"));
    expect(JSON.stringify(tooSmall.status)).toContain("LambdaTooSmall");
    expect(lambda.invoked).toEqual([]);
  });

  it("tells how an invocation failed, and that nobody knows, which is never sent again", async () => {
    lambda.answer = ({ payload }) =>
      podOf(payload) === "lost"
        ? "hang up"
        : { returns: { errorType: "BurstletExit", errorMessage: "exit status 7" }, error: "Unhandled" };
    await world.cluster.apply(onLambda("fails"));
    await world.cluster.apply(onLambda("lost"));
    expect(exitCode(await world.until("fails", "has failed", hasPhase("Failed")))).toBe(7);
    const lost = await world.until("lost", "has failed", hasPhase("Failed"));
    expect(lost.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 255,
      reason: "LambdaOutcomeUnknown",
    });
    expect(invokedTwice(lambda.invoked)).toEqual([]);
  });

  it("killed while it holds invocations, invokes none of them a second time", async () => {
    lambda.answer = () => new Promise<never>(() => undefined);
    const names = Array.from({ length: HELD }, (_, n) => `held-${n}`);
    await world.cluster.apply({ apiVersion: "v1", kind: "List", items: names.map((name) => onLambda(name)) });
    const running = async (): Promise<Pod[]> => Promise.all(names.map(async (name) => world.pod(name)));
    await eventually("all run", async () => (await running()).every(hasPhase("Running")));
    await world.burstlet.kill();
    lambda.answer = () => ({ returns: null });
    world.startAgain();
    for (const name of names) {
      const pod = await world.until(name, "has an end that nobody knows", hasPhase("Failed"));
      expect(exitCode(pod)).toBe(255);
    }
    expect(lambda.invoked).toHaveLength(HELD);
    expect(invokedTwice(lambda.invoked)).toEqual([]);
  });

  it("ends a deletion when the grace is over, although Lambda cannot end the invocation", async () => {
    lambda.answer = () => new Promise<never>(() => undefined);
    await world.cluster.apply(onLambda("deleted"));
    await world.until("deleted", "runs", hasPhase("Running"));
    await world.cluster.kubectl("delete", "pod", "deleted", "--timeout=60s");
    expect(lambda.invoked).toHaveLength(1);
  });
});

const fixture = { restartPolicy: "Never", spec: { nodeName: "burst-lambda" } } as const;

type Payload = {
  readonly burstlet: { readonly invocationId: string; readonly name: string };
  readonly env: readonly { readonly name: string; readonly value: string }[];
};

const podOf = (payload: unknown): string => (payload as Payload).burstlet.name;

const variable = (payload: unknown, name: string): string | undefined =>
  (payload as Payload).env.find((one) => one.name === name)?.value;

/** Attempts that Lambda was asked to run more than once: there must be none. */
function invokedTwice(invoked: readonly Invoked[]): string[] {
  const ids = invoked.map(({ payload }) => (payload as Payload).burstlet.invocationId);
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}
