import { describe, expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { shown } from "../../../test/support/resolve-sources.ts";
import { silentLog } from "../../../test/support/silent-log.ts";
import { createLanes } from "../../limits/lanes.ts";
import { rfc3339 } from "../../model/clock.ts";
import type { Pod, Volume } from "../../model/kube.ts";
import { ProviderError, SecretText, type FilesVolume, type Provider } from "../../provider.ts";
import { createFingerprint } from "../../resolve/live/live-files.ts";
import { keptTokens } from "../../resolve/live/tokens.ts";
import { container, pod, running, task } from "../../status/testing.ts";
import { createMemory, podSink } from "../memory.ts";
import { refreshDue } from "../plan/live/refresh.ts";
import type { PodEvent } from "../pod-events.ts";
import { createLookAtFiles } from "../prepare.ts";
import { recorded, world } from "../testing.ts";
import { act } from "./act.ts";
import type { ActDeps } from "./deps.ts";
import { refresh } from "./refresh.ts";

const minute = 60_000;
const uid = "uid";
const settings: Volume = { name: "settings", configMap: { name: "settings" } };
const tokenFor = (expirationSeconds: number): Volume => ({
  name: "token",
  projected: { sources: [{ serviceAccountToken: { path: "token", expirationSeconds } }] },
});

/** One live pod in virtual time, beside an API server and a provider that can be made to fail. */
function bench(...volumes: Volume[]) {
  const clock = fakeClock();
  const memory = createMemory();
  const cluster = { settings: { a: "1" } as Record<string, string> | undefined, tokens: 0 };
  const provider = { failing: undefined as ProviderError | undefined };
  /** When and what the provider was sent. */
  const sent: string[] = [];
  const events: string[] = [];
  const begun = clock.now();
  const show = ({ name, files }: FilesVolume) =>
    `${name}(${files.map(({ path, content }) => `${path}=${content instanceof SecretText ? content.reveal() : shown(content)}`).join(" ")})`;
  const lookAtFiles = createLookAtFiles({
    provider: {} as Provider,
    node: { name: "burst", allocatable: { cpu: 1, memory: 1, ephemeralStorage: 1 } },
    fingerprint: createFingerprint(Buffer.from("key")),
    notices: { refusals: async () => [], fresh: async () => [] },
    sources: {
      services: () => [],
      configMap: async () => cluster.settings && { data: cluster.settings },
      secret: async () => undefined,
      persistentVolumeClaim: async () => undefined,
      persistentVolume: async () => undefined,
      serviceAccountToken: keptTokens(async ({ expirationSeconds }) => {
        cluster.tokens += 1;
        return { token: `t${cluster.tokens}`, expiresAt: rfc3339(clock.now() + expirationSeconds * 1000) };
      }, clock),
    },
  });
  const plain = recorded(pod(["a"], "Always"), { task: "t" });
  const live: Pod = { ...plain, spec: { containers: [], ...plain.spec, volumes } };
  memory.pods.put(live);
  memory.tasks.put(task([container("a", running())]));
  const deps: ActDeps = {
    ...memory,
    cluster: {
      events: { record: ({ reason, message }) => void events.push(`${reason}: ${message}`), flush: async () => {} },
      pods: {} as ActDeps["cluster"]["pods"],
    },
    provider: {
      update: async (_task, { files = [] }) => {
        sent.push(`${(clock.now() - begun) / minute} min: ${files.map(show).join(" ")}`);
        if (provider.failing !== undefined) throw provider.failing;
      },
    } as Partial<Provider> as Provider,
    prepare: async () => Promise.reject(new Error("nothing is prepared here")),
    prepareAddition: async () => Promise.reject(new Error("nothing is added here")),
    lookAtFiles,
    lanes: createLanes({ api: 1, launch: 1, cloud: 1 }),
    clusterUid: "cluster",
    nodeName: "burst",
    clock,
    log: silentLog,
    random: () => 0,
    signal: new AbortController().signal,
    vanished: () => {},
  };
  /** Does what is due, until this much time has passed. */
  const pass = async (ms: number): Promise<void> => {
    const end = clock.now() + ms;
    for (;;) {
      const [of] = memory.tasks.of(uid);
      const known = memory.pods.get(uid);
      if (of === undefined || known === undefined) throw new Error("the pod is gone");
      const traits = { ...world(undefined).provider, canUpdate: true };
      const notes = memory.notes.get(uid) ?? {};
      const due = refreshDue({ ...world(known), notes, provider: traits, now: clock.now() }, known, of);
      if (due?.do === "update") await refresh(deps, uid, due);
      else {
        const until = Math.min(end, (due?.do === "wait" ? due.until : undefined) ?? end);
        await clock.advance(until - clock.now());
        if (until === end) return;
      }
    }
  };
  return { clock, memory, cluster, provider, sent, events, live, deps, pass };
}

describe("a live pod", () => {
  test("of which nothing is known is sent all of its files once, and then only what changes", async () => {
    const { cluster, sent, pass } = bench(settings, tokenFor(3600));
    await pass(10 * minute);
    expect(sent).toEqual(["0 min: settings(a=1) token(token=t1)"]);
    cluster.settings = { a: "2", b: "3" };
    await pass(minute);
    expect(sent.slice(1)).toEqual(["10 min: settings(a=2 b=3)"]);
  });

  test("has its token replaced at 80 % of its life: of ten minutes after eight", async () => {
    const { sent, pass, cluster } = bench(tokenFor(600));
    await pass(20 * minute);
    expect(sent).toEqual(["0 min: token(token=t1)", "8 min: token(token=t2)", "16 min: token(token=t3)"]);
    expect(cluster.tokens).toBe(3);
  });

  test("keeps its files when what they are made of is gone, and that is told once", async () => {
    const { cluster, sent, events, pass } = bench(settings, tokenFor(600));
    await pass(minute);
    cluster.settings = undefined;
    await pass(9 * minute);
    expect(events).toEqual([
      'FailedMount: MountVolume.SetUp failed for volume "settings" : configmap "settings" not found',
    ]);
    expect(sent).toEqual(["0 min: settings(a=1) token(token=t1)", "8 min: token(token=t2)"]);
    cluster.settings = { a: "back" };
    await pass(minute);
    expect(sent.at(-1)).toBe("10 min: settings(a=back)");
  });

  test("is sent what failed again, with growing pauses, as it is by then", async () => {
    const { cluster, provider, sent, pass, memory } = bench(settings);
    provider.failing = new ProviderError("transient", "Away", "the cloud is away");
    await pass(3_500);
    cluster.settings = { a: "2" };
    provider.failing = undefined;
    await pass(minute);
    const seconds = sent.map((line) => Math.round(Number.parseFloat(line) * 60_000));
    // The tests' chance makes each pause 0.8 of 1, 2 and 4 seconds.
    expect(seconds).toEqual([0, 800, 2400, 5600]);
    expect(sent.at(-1)).toMatch(/settings\(a=2\)$/);
    expect(memory.notes.get(uid)?.troubles?.update).toBeUndefined();
  });

  test("is looked at again at once when what it refers to is told to have changed", async () => {
    const { cluster, sent, pass, memory, live, clock } = bench(settings);
    await pass(0);
    let changed = (): void => {};
    const news = {
      ask: () => {},
      tell: (_pod: Pod, _event: PodEvent) => {},
      hold: (_uid: string, _references: unknown, call: () => void) => void (changed = call),
    };
    podSink(memory, news, clock).changed({ ...live, metadata: { ...live.metadata, resourceVersion: "9" } });
    cluster.settings = { a: "2" };
    changed();
    await pass(0);
    expect(sent).toHaveLength(2);
    await pass(minute * 5);
    expect(sent).toHaveLength(2);
  });

  test.for([
    [true, ["0 min: settings(a=1)"]],
    [false, []],
  ] as const)("whose sources change while it is launched (%s) is sent that at once", async ([changes, first]) => {
    const { clock, memory, sent, live, deps, pass } = bench(settings);
    let changed = (): void => {};
    const news = {
      ask: () => {},
      tell: () => {},
      hold: (_uid: string, _all: unknown, call: () => void) => void (changed = call),
    };
    podSink(memory, news, clock).changed({ ...live, metadata: { ...live.metadata, resourceVersion: "9" } });
    const files = { sent: new Map<string, string>(), refreshAt: undefined, lookedAt: clock.now() };
    memory.notes.set(uid, { prepared: { generation: 1, attempt: 1, is: "ready", request: {}, files } });
    await clock.advance(1_000);
    const [started] = memory.tasks.of(uid);
    if (started === undefined) throw new Error("there is no task");
    deps.provider.launch = async () => {
      if (changes) changed();
      return started;
    };
    await act(deps, uid, world(live), { do: "launch", attempt: 1, try: 1 });
    await pass(0);
    expect(sent.map((one) => one.replace(/^\S+ min/, "0 min"))).toEqual(first);
  });
});
