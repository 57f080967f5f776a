import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import type { Pod } from "../../src/model/kube.ts";
import { eventually, soon } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import {
  acceptedBy,
  invokedTwice,
  type LambdaWorld,
  lambdaNode,
  runsOf,
  startLambdaWorld,
  story,
} from "./worlds/lambda-world.ts";
import { waitsFor } from "./worlds/cloud-world.ts";
import { exitCode, hasPhase } from "./worlds/world.ts";

const HELD = 50;
const deploy = join(import.meta.dirname, "../../deploy");

const live = { versions: { "1": {} }, aliases: { live: "1" } };
const functions = {
  run: { ...live, memory: 512, timeout: 900, script: { run: 0.05, print: ["done"] } },
  short: { ...live, timeout: 1 },
  narrow: { ...live, reservedConcurrency: 2, script: { run: 0.5 } },
  single: { ...live, reservedConcurrency: 1, script: { run: 0.3 } },
  report: { timeout: 300, script: { result: { sent: true } } },
  crawl: { ...live, timeout: 900, durable: {}, script: { run: 30, result: { Status: "SUCCEEDED" } } },
  notify: { ...live, timeout: 60, script: { run: 0.05, print: ["done"], marks: true } },
  fickle: {
    runtime: "nodejs24.x",
    code: join(deploy, "lambda/node"),
    timeout: 60,
    memory: 512,
    reservedConcurrency: 1,
  },
  tight: { runtime: "nodejs24.x", code: join(deploy, "lambda/node"), timeout: 60, memory: 192 },
  shell: { runtime: "nodejs24.x", code: join(deploy, "lambda/node"), timeout: 60, memory: 512 },
};

const event = { "lambda.burstlet.dev/mode": "event" };
const isOf =
  (name: string) =>
  (entry: { readonly function: string }): boolean =>
    entry.function === name;
const terminated = (pod: Pod) => pod.status?.containerStatuses?.[0]?.state?.terminated;

describeWith(["go", "namespaces", "root"], "a node on Lambda, over a stand-in", () => {
  let cloud: LambdaWorld;
  beforeAll(async () => {
    // Every event that succeeds comes twice.
    const scenario = { functions, switches: { eventDelivery: "twice" as const }, times: { again: 0.5 } };
    const lambda = { durableFunctions: ["crawl"], eventFunctions: ["notify", "fickle"] };
    cloud = await startLambdaWorld({ scenario, lambda });
    // It is looked at last: its minute goes by while the others run.
    await applyExample("cronjob.yaml", (one) => ({ ...one, spec: { ...one.spec, schedule: "* * * * *" } }));
  });
  afterAll(async () => cloud?.stop());

  type Loaded = { readonly metadata: { readonly name: string }; readonly spec: Record<string, unknown> };
  const applyExample = async (file: string, change: (one: Loaded) => object = (one) => one): Promise<void> => {
    const text = await readFile(join(deploy, "examples/lambda", file), "utf8");
    await cloud.world.cluster.apply(change(parse(text) as Loaded));
  };
  const podsOf = async (job: string) => cloud.world.pods(`job-name=${job}`);
  /** Resolves when there are so many pods and all of them are so; else tells what each of them says. */
  const all = async (job: string, count: number, what: string, check: (pod: Pod) => boolean): Promise<Pod[]> => {
    let seen: Pod[] = [];
    return eventually(`${count} pods of Job ${job} ${what}`, async () => {
      seen = await podsOf(job);
      return seen.length === count && seen.every(check) ? seen : undefined;
    }).catch((error: unknown) => {
      throw new Error(seen.map(story).join("\n"), { cause: error });
    });
  };

  it("runs the example Job of 200 pods, each invoked once, and its logs are there", async () => {
    await applyExample("job.yaml");
    await cloud.world.cluster.kubectl("wait", "job/squares", "--for=condition=Complete", "--timeout=200s");
    const invoked = acceptedBy(cloud).filter(({ function: name }) => name === "run");
    expect(invoked).toHaveLength(200);
    expect(invokedTwice(cloud)).toEqual([]);
    const [pod] = await podsOf("squares");
    expect(await cloud.world.cluster.kubectl("logs", pod?.metadata?.name ?? "")).toContain("done\n");
    expect(pod?.metadata?.annotations).toMatchObject({ "burstlet.dev/provisioned": "512MB" });
    expect(terminated(pod ?? {})?.message).toMatch(/^took .* about \$/);
  }, 240_000);

  it.concurrent.for<[name: string, image: string, env: Record<string, string>, end: object]>([
    ["exits", "lambda://run:live", { SCRIPT_EXIT: "7" }, { exitCode: 7, reason: "Error" }],
    ["throws", "lambda://run:live", { SCRIPT_ERROR: "size" }, { exitCode: 1, reason: "Error" }],
    ["fills-memory", "lambda://run:live", { SCRIPT_END: "oom" }, { exitCode: 137, reason: "OOMKilled" }],
    ["takes-too-long", "lambda://short", { SCRIPT_RUN: "5" }, { exitCode: 124, reason: "LambdaTimeout" }],
  ])("tells how an invocation fails that %s", async ([name, image, env, end]) => {
    await cloud.run(name, image, env);
    expect(terminated(await cloud.world.until(name, "has failed", hasPhase("Failed")))).toMatchObject(end);
  });

  it("runs the example Job of 20 events, each sent once however often Lambda runs it, and warns of that", async () => {
    await applyExample("event-job.yaml");
    await cloud.world.cluster.kubectl("wait", "job/notify", "--for=condition=Complete", "--timeout=100s");
    expect(acceptedBy(cloud).filter(({ function: name }) => name === "notify")).toHaveLength(20);
    await eventually("Lambda has run each twice", () => runsOf(cloud).filter(isOf("notify")).length === 40);
    expect(invokedTwice(cloud)).toEqual([]);
    const pods = await podsOf("notify");
    expect(pods).toHaveLength(20);
    const name = pods[0]?.metadata?.name ?? "";
    expect(terminated(pods[0] ?? {})?.message).toMatch(/^took .* about \$/);
    await soon(async () => {
      expect(await cloud.world.eventsOf(name)).toContainEqual(expect.stringMatching(/^LambdaAtLeastOnce/));
      const lines = (await cloud.world.cluster.kubectl("logs", name)).split("\n");
      expect(lines.filter((line) => line === "done")).toHaveLength(2);
    });
  });

  it.concurrent("tells the end of an event only when Lambda runs it no more", async () => {
    await cloud.run("event-fails", "lambda://notify:live", { SCRIPT_STATUS: "7" }, {}, event);
    const command = ["sh", "-c", "test -e /tmp/again && exit; touch /tmp/again; echo first; exit 7"];
    const containers = [{ name: "main", image: "lambda://fickle", command }];
    await cloud.run("event-recovers", "lambda://fickle", {}, { containers }, event);
    const failed = await cloud.world.until("event-fails", "has failed", hasPhase("Failed"));
    expect(exitCode(failed)).toBe(7);
    const ofPod = acceptedBy(cloud)
      .filter(isOf("notify"))
      .map(({ invocationId }) => invocationId);
    const runs = runsOf(cloud).filter(({ invocationId }) => ofPod.includes(invocationId));
    expect(Math.max(...runs.map(({ delivery }) => delivery))).toBe(3);
    const recovered = await cloud.world.until("event-recovers", "has succeeded", hasPhase("Succeeded"));
    expect(recovered.status?.containerStatuses?.[0]?.restartCount).toBe(0);
    expect(await cloud.world.cluster.kubectl("logs", "event-recovers")).toMatch(
      /^first\n[^]*: exit status 7\n[^]*: exit status 0\n/m,
    );
  });

  it.concurrent.for<[name: string, image: string, spec: object, words: string]>([
    ["unknown", "lambda://nobody", {}, "LambdaFunctionMissing"],
    ["no-alias", "lambda://run:dead", {}, "LambdaFunctionMissing"],
    ["impatient", "lambda://short", { activeDeadlineSeconds: 100 }, "LambdaTimeoutTooShort"],
    ["always", "lambda://run:live", { restartPolicy: "Always" }, "spec.restartPolicy"],
  ])("refuses %s before any invocation", async ([name, image, spec, words]) => {
    await cloud.run(`bad-${name}`, image, {}, spec);
    const pod = await cloud.world.until(`bad-${name}`, "is refused", hasPhase("Failed"));
    expect(JSON.stringify(pod.status)).toContain(words);
    expect(acceptedBy(cloud).map(({ function: called }) => called)).not.toContain("nobody");
  });

  it.concurrent("runs no more at once than the function has reserved, and waits where Lambda throttles", async () => {
    cloud.aws.faults.set({
      call: "lambda:Invoke",
      times: 3,
      error: { type: "TooManyRequestsException", message: "Rate exceeded", status: 429 },
    });
    const names = ["a", "b", "c", "d", "e"].map((name) => `narrow-${name}`);
    for (const name of names) await cloud.run(name, "lambda://narrow:live");
    for (const name of names) await cloud.world.until(name, "has succeeded", hasPhase("Succeeded"));
    // Lambda had never to say that it is too many: what was throttled was the fault.
    const asked = cloud.aws.ledger.entries.filter((entry) => entry.event === "invoke");
    expect(asked.filter((one) => one.function === "narrow" && one.outcome === "throttled")).toEqual([]);
  });

  it.concurrent("invokes a failed pod again where it restarts on failure, and has the log of the run before", async () => {
    const env = { SCRIPT_PRINT: "a try", SCRIPT_EXIT: "3" };
    await cloud.run("again", "lambda://run:live", env, { restartPolicy: "OnFailure" });
    const pod = await cloud.world.until("again", "has been run again", ({ status }) => {
      return (status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1;
    });
    expect(exitCode(pod)).toBe(3);
    await eventually("CloudWatch shows the run before", async () =>
      (await cloud.world.cluster.kubectl("logs", "again", "--previous")).includes("a try"),
    );
    await cloud.world.cluster.kubectl("delete", "pod", "again", "--timeout=60s");
  });

  it.concurrent("runs a command in a real handler, with its true exit code and its own log", async () => {
    const container = { command: ["sh", "-c", "echo from $WHO; exit 5"], env: [{ name: "WHO", value: "the pod" }] };
    await cloud.run(
      "shell",
      "lambda://shell",
      {},
      { containers: [{ name: "main", image: "lambda://shell", ...container }] },
    );
    expect(exitCode(await cloud.world.until("shell", "has failed", hasPhase("Failed")))).toBe(5);
    expect(await cloud.world.cluster.kubectl("logs", "shell")).toContain("from the pod\n");
  });

  it.concurrent("tells of a shell whose program was out of memory that it was", async () => {
    const command = ["sh", "-c", "head -c 300m /dev/zero | tail; exit $?"];
    await cloud.run(
      "hungry",
      "lambda://tight",
      {},
      { containers: [{ name: "main", image: "lambda://tight", command }] },
    );
    const pod = await cloud.world.until("hungry", "has failed", hasPhase("Failed"));
    expect(terminated(pod)).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
  });

  it.concurrent("ends a deletion when the grace is over, and says that the invocation may still run", async () => {
    await cloud.run("deleted", "lambda://run:live", { SCRIPT_RUN: "forever" });
    await cloud.world.until("deleted", "runs", hasPhase("Running"));
    await cloud.world.cluster.kubectl("delete", "pod", "deleted", "--timeout=60s");
    await eventually("it is told", async () =>
      (await cloud.world.eventsOf("deleted")).some((one) => one.startsWith("InvocationMayStillRun")),
    );
  });

  it("killed while it holds 50 invocations, 10 executions and 10 events, invokes none of them a second time", async () => {
    const forever = { name: "SCRIPT_RUN", value: "forever" };
    await applyExample("job.yaml", (one) => heldJob(one, forever));
    await all("held", HELD, "run", hasPhase("Running"));
    // These run for a while only, in which everything up to the kill has to happen.
    await applyExample("durable-job.yaml");
    await applyExample("event-job.yaml", (one) => longEvents(one));
    await all("crawl", 10, "run", hasPhase("Running"));
    await all("events", 10, "run", hasPhase("Running"));
    await cloud.run("first", "lambda://single:live", { SCRIPT_RUN: "20" });
    await cloud.world.until("first", "runs", hasPhase("Running"));
    const waiting = ["second", "third", "fourth"];
    for (const name of waiting) await cloud.run(name, "lambda://single:live");
    for (const name of waiting) await cloud.world.until(name, "waits", (pod) => waitsFor(pod) === "LambdaThrottled");
    const before = acceptedBy(cloud).length;
    // Killed before it hears that Lambda has taken one more: only the pod's record says that there may be one.
    cloud.aws.faults.set({ call: "lambda:Invoke", cut: "silent", times: 1 });
    await cloud.run("event-unheard", "lambda://notify:live", {}, {}, event);
    await eventually("it is sent", () => acceptedBy(cloud).length > before);
    await cloud.world.burstlet.kill();
    cloud.world.startAgain();
    // Nobody knows how they end; and the Job fails by that, so that nothing runs a second time one level up.
    const lost = await all("held", HELD, "have an end", (pod) => hasPhase("Failed")(pod));
    expect(new Set(lost.map((pod) => `${exitCode(pod)} ${terminated(pod)?.reason}`))).toEqual(
      new Set(["255 LambdaOutcomeUnknown"]),
    );
    await cloud.world.cluster.kubectl("wait", "job/held", "--for=condition=Failed", "--timeout=60s");
    // What had not been sent yet is sent by the next burstlet.
    expect(exitCode(await cloud.world.until("first", "has an end", hasPhase("Failed")))).toBe(255);
    for (const name of waiting) await cloud.world.until(name, "has succeeded", hasPhase("Succeeded"));
    // Executions and events go on, and are found with their true result.
    await cloud.world.cluster.kubectl("wait", "job/crawl", "--for=condition=Complete", "--timeout=100s");
    await cloud.world.cluster.kubectl("wait", "job/events", "--for=condition=Complete", "--timeout=100s");
    await cloud.world.until("event-unheard", "is found to have succeeded", hasPhase("Succeeded"));
    expect(await podsOf("held")).toHaveLength(HELD);
    expect(await podsOf("crawl")).toHaveLength(10);
    expect(await podsOf("events")).toHaveLength(10);
    expect(invokedTwice(cloud)).toEqual([]);
    const pod = await cloud.world.pod("exits");
    expect(await cloud.world.cluster.kubectl("logs", pod.metadata?.name ?? "")).toContain("done");
  }, 300_000);

  it("runs the example CronJob", async () => {
    await eventually(
      "a pod of it has succeeded",
      async () => {
        const { items } = await cloud.world.cluster.get<{ items: Pod[] }>(
          "pods",
          "--selector=batch.kubernetes.io/job-name",
        );
        return items.some((pod) => pod.metadata?.name?.startsWith("report-") === true && hasPhase("Succeeded")(pod));
      },
      90_000,
    );
    expect(acceptedBy(cloud).some(({ function: name }) => name === "report")).toBe(true);
  });
});

/** The example, with 50 pods at once that run until somebody ends them. */
function heldJob(one: { readonly spec: Record<string, unknown> }, variable: object): object {
  const { template } = one.spec as { template: { spec: { containers: [object] } } };
  const [container] = template.spec.containers;
  const spec = { ...template.spec, nodeName: lambdaNode, containers: [{ ...container, env: [variable] }] };
  return {
    ...one,
    metadata: { name: "held" },
    spec: { ...one.spec, completions: HELD, parallelism: HELD, template: { spec } },
  };
}

/** The example, with 10 events that take a while. */
function longEvents(one: { readonly spec: Record<string, unknown> }): object {
  const { template } = one.spec as { template: { metadata: object; spec: { containers: [object] } } };
  const [container] = template.spec.containers;
  const containers = [{ ...container, env: [{ name: "SCRIPT_RUN", value: "30" }] }];
  const spec = { ...template.spec, nodeName: lambdaNode, containers };
  return {
    ...one,
    metadata: { name: "events" },
    spec: { ...one.spec, completions: 10, parallelism: 10, template: { ...template, spec } },
  };
}
