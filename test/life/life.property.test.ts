/**
 * Random lives: pods are created, edited, deleted and made anew under the same name, tasks end in every way, both
 * worlds fail and come back, and burstlet is killed around any of its requests. Whatever happens, the promises hold.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Pod } from "../../src/model/kube.ts";
import { ProviderError } from "../../src/provider.ts";
import { createLife, type Life, podOf, type Probes, type Script } from "./model.ts";

const names = ["a", "b", "c"] as const;

const script: fc.Arbitrary<Script> = fc.record(
  {
    SCRIPT_START: fc.constantFrom("0", "2"),
    SCRIPT_RUN: fc.constantFrom("0", "1", "7", "700", "forever"),
    SCRIPT_EXIT: fc.constantFrom("0", "3"),
    SCRIPT_END: fc.constantFrom("exit", "exit", "exit", "oom", "unknown", "disrupted", "gone"),
    SCRIPT_STOP: fc.constantFrom("0", "2", "60"),
    SCRIPT_IMAGE: fc.constantFrom("present", "present", "present", "missing"),
    SCRIPT_FAULTS: fc.constantFrom(
      "lostAnswer:1",
      "throttled:2",
      "noCapacity:1,lostAnswer:1",
      "denied:1",
      "transient:3",
    ),
  },
  { requiredKeys: [] },
);

const initScript: fc.Arbitrary<Script> = fc.record({
  SCRIPT_RUN: fc.constantFrom("1", "3"),
  SCRIPT_EXIT: fc.constantFrom("0", "0", "3"),
});

const probe = fc.record({
  exec: fc.record({
    command: fc
      .constantFrom("ok", "ok", "fail", "broken", "hang", "flap 7", "flap 100")
      .map((words) => words.split(" ")),
  }),
  periodSeconds: fc.constantFrom(1, 10),
  initialDelaySeconds: fc.constantFrom(0, 5),
  failureThreshold: fc.constantFrom(1, 3),
});

/** The API server takes a grace of its own from no readiness probe. */
const mortal = fc
  .tuple(probe, fc.constantFrom(undefined, 3))
  .map(([one, grace]) => (grace === undefined ? one : { ...one, terminationGracePeriodSeconds: grace }));

const probes: fc.Arbitrary<Probes> = fc.record(
  { startupProbe: mortal, livenessProbe: mortal, readinessProbe: probe },
  { requiredKeys: [] },
);

const podSpec = fc.record({
  restartPolicy: fc.constantFrom(...(["Always", "OnFailure", "Never"] as const)),
  containers: fc.array(script, { minLength: 1, maxLength: 3 }),
  init: fc.array(initScript, { maxLength: 2 }),
  probes: fc.array(probes, { maxLength: 3 }),
  deadline: fc.option(fc.constantFrom(5, 100), { nil: undefined, freq: 6 }),
});

type Spec = typeof podSpec extends fc.Arbitrary<infer T> ? T : never;

type Step =
  | { do: "create"; name: string; spec: Spec }
  | { do: "delete"; name: string; grace: number | undefined }
  | { do: "label"; name: string }
  | { do: "wait"; ms: number }
  | { do: "kill" }
  | { do: "killAround"; nth: number; when: "before" | "after" }
  | { do: "start" }
  | { do: "api"; away: boolean }
  | { do: "cloud"; well: boolean }
  | { do: "fail"; operation: "start" | "stop" | "restart" | "kill" };

const name = fc.constantFrom(...names);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("create" as const), name, spec: podSpec }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("delete" as const), name, grace: fc.constantFrom(undefined, 0, 1) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("label" as const), name }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 500, 3_000, 20_000, 400_000) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "kill" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("killAround" as const),
      nth: fc.integer({ min: 1, max: 6 }),
      when: fc.constantFrom("before" as const, "after" as const),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: "start" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("api" as const), away: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cloud" as const), well: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("fail" as const),
      operation: fc.constantFrom("start" as const, "stop" as const, "restart" as const, "kill" as const),
    }),
  },
);

/** What has been made so far, for the checks at the end. */
interface History {
  made: number;
  readonly specs: Map<string, Spec>;
}

async function perform(life: Life, one: Step, history: History): Promise<void> {
  switch (one.do) {
    case "create": {
      if (life.api.find("default", one.name) !== undefined) return;
      const uid = `uid-${++history.made}`;
      history.specs.set(uid, one.spec);
      return life.api.create(podOf(one.name, uid, one.spec));
    }
    case "delete":
      return life.api.delete("default", one.name, one.grace);
    case "label":
      return life.api.edit("default", one.name, (pod) => ({
        ...pod,
        metadata: { ...pod.metadata, labels: { ...pod.metadata?.labels, touched: String(life.clock.now()) } },
      }));
    case "wait":
      return life.clock.advance(one.ms);
    case "kill":
      return life.kill();
    case "killAround":
      return life.killAround(one.nth, one.when);
    case "start":
      return life.isRunning ? undefined : life.start();
    case "api":
      return life.api.setAway(one.away);
    case "cloud":
      return life.cloud.trouble(
        one.well ? undefined : new ProviderError("transient", "CloudAway", "the cloud does not answer"),
      );
    case "fail":
      return life.cloud.fail(one.operation, new ProviderError("transient", "Flaky", "this call failed"), 2);
  }
}

/** Both worlds well, burstlet up, everything deleted: after a long while nothing may be left. */
async function settle(life: Life): Promise<void> {
  life.api.setAway(false);
  life.cloud.trouble(undefined);
  life.kill();
  life.start();
  await life.clock.advance(700_000);
  for (const pod of life.api.all()) life.api.delete("default", pod.metadata?.name ?? "");
  await life.clock.advance(700_000);
}

/**
 * A task that somebody deletes in the cloud's console before anybody has seen it leaves no trace anywhere, not even its
 * token: launching it again is all that anybody could do. Every other task is launched once.
 */
function launchedTwice(life: Life, history: History): string[] {
  const traceless = (uid: string) => history.specs.get(uid)?.containers.some((one) => one["SCRIPT_END"] === "gone");
  const launched = life.requests
    .filter((entry) => entry.request === "start" && entry.outcome === "launched" && !traceless(entry.identity.podUid))
    .map(({ identity }) => `${identity.podUid}/${identity.attempt}`);
  return launched.filter((one, index) => launched.indexOf(one) !== index);
}

function restartedTwice(life: Life): string[] {
  const restarted = life.requests.flatMap((entry) =>
    entry.request === "restart"
      ? [`${entry.identity.podUid}/${entry.identity.attempt}/${entry.container}/${entry.instance}`]
      : [],
  );
  return restarted.filter((one, index) => restarted.indexOf(one) !== index);
}

/** Exit codes that no script could have produced. 143 and 137 are those of a stop, 137 also of what nobody knows. */
function inventedExitCodes(life: Life, history: History): string[] {
  const spec = (pod: Pod) => history.specs.get(pod.metadata?.uid ?? "");
  return life.api.written.flatMap((pod) => {
    const lists = [
      { statuses: pod.status?.containerStatuses ?? [], scripts: spec(pod)?.containers ?? [], prefix: "main" },
      { statuses: pod.status?.initContainerStatuses ?? [], scripts: spec(pod)?.init ?? [], prefix: "init" },
    ];
    return lists.flatMap(({ statuses, scripts, prefix }) =>
      statuses.flatMap((status) => {
        const own = scripts[Number(status.name.slice(prefix.length))] ?? {};
        const natural =
          own["SCRIPT_RUN"] === undefined || own["SCRIPT_RUN"] === "forever" ? [] : [Number(own["SCRIPT_EXIT"] ?? 0)];
        const possible = new Set([137, 143, ...((own["SCRIPT_END"] ?? "exit") === "exit" ? natural : [])]);
        return [status.state?.terminated, status.lastState?.terminated].flatMap((end) =>
          end === undefined || possible.has(end.exitCode)
            ? []
            : [`${pod.metadata?.uid} ${status.name}: ${end.exitCode}`],
        );
      }),
    );
  });
}

describe.for(["container", "task", "cloud"] as const)(
  "whatever happens to pods whose restarts belong to the %s",
  (restarts) => {
    it("launches no attempt twice, invents no exit code, breaks no rule of the API server and leaks nothing", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
          const life = createLife(restarts);
          const history: History = { made: 0, specs: new Map() };
          life.start();
          for (const one of steps) {
            await perform(life, one, history);
            await life.clock.advance(0);
          }
          await settle(life);
          expect(life.api.refusedWrites).toEqual([]);
          expect(launchedTwice(life, history)).toEqual([]);
          expect(restarts === "container" ? restartedTwice(life) : []).toEqual([]);
          expect(inventedExitCodes(life, history)).toEqual([]);
          expect(life.api.all().map((pod) => pod.metadata?.name)).toEqual([]);
          expect([...life.cloud.tasks.keys()]).toEqual([]);
          life.kill();
        }),
        { numRuns: Number(process.env["BURSTLET_PROPERTY_RUNS"] ?? 150) },
      );
    }, 120_000);
  },
);
