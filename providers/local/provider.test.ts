import { describe, expect, test } from "vitest";
import { feedOf, inWords, scriptedTask, scriptedWorld } from "./runtime/scripted/testing.ts";
import { providerContext } from "../../test/support/provider-context.ts";
import { podWith, resolvedPod } from "../../test/support/resolve-sources.ts";
import { ProviderError, type ProviderContext } from "../../src/provider.ts";
import { providers } from "../index.ts";
import { createLocalProvider } from "./provider.ts";
import { fakeClock } from "../../test/support/fake-clock.ts";

const signal = new AbortController().signal;

const contextOf = ({ clock = fakeClock(), ...change }: Partial<ProviderContext> = {}): ProviderContext =>
  providerContext(clock, change);

describe("the local provider", () => {
  test("is made by the registry from a configuration, and runs a pod", async () => {
    const module = await providers["local"]?.provider();
    const config = { runtime: "scripted", scripted: { defaults: { run: 5 }, images: { "busybox:1": { exit: 3 } } } };
    const clock = fakeClock();
    const provider = await module?.create(config, contextOf({ clock }));
    const { request } = provider?.translate(await resolvedPod(podWith({}))) ?? {};
    const identity = { clusterUid: "cluster-1", podUid: "uid-1", attempt: 1 };
    await provider?.launch({ identity, token: "t", tryNumber: 1, request }, signal);
    await clock.advance(5_000);
    expect(inWords((await provider?.list())?.[0])).toEqual(["main#0 exit 3 Error"]);
    await provider?.close?.();
  });

  test("refuses a configuration that its schema refuses", async () => {
    const module = await providers["local"]?.provider();
    await expect(module?.create({ runtime: "process" }, contextOf())).rejects.toThrow("allowHostProcesses");
  });

  test("sees only tasks of its cluster and its node", async () => {
    const { runtime } = scriptedWorld();
    const provider = await createLocalProvider(runtime, { pods: 5 }, contextOf());
    const told: string[] = [];
    const stop = new AbortController();
    const watching = provider.watch(feedOf({ task: ({ identity }) => told.push(identity.podUid) }), stop.signal);
    const ours = { ...scriptedTask("ours"), nodeName: "virtual-1" };
    await runtime.start(ours);
    await runtime.start({ ...scriptedTask("other node"), nodeName: "virtual-2" });
    const foreign = { clusterUid: "cluster-2", podUid: "other cluster", attempt: 1 };
    await runtime.start({ ...ours, identity: foreign });
    expect((await provider.list()).map(({ identity }) => identity.podUid)).toEqual(["ours"]);
    expect(new Set(told)).toEqual(new Set(["ours"]));
    stop.abort();
    await watching;
  });

  test("promises what the runtime has, unless the configuration says otherwise", async () => {
    const { runtime } = scriptedWorld({ facts: { cpu: 8, memory: 1024, ephemeralStorage: 2048 } });
    const own = await createLocalProvider(runtime, { pods: 110 }, contextOf());
    expect(await own.capacity()).toMatchObject({ cpu: 8, memory: 1024, ephemeralStorage: 2048, pods: 110 });
    const promised = { cpu: 2, memory: "1Gi", ephemeralStorage: "1M", pods: 7 };
    const less = await createLocalProvider(runtime, promised, contextOf());
    expect(await less.capacity()).toMatchObject({ cpu: 2, memory: 2 ** 30, ephemeralStorage: 1e6, pods: 7 });
  });

  test("learns from its runtime whether tasks have addresses, also later", async () => {
    const engine: { taskAddresses?: boolean } = {};
    const { runtime } = scriptedWorld();
    const late = {
      ...runtime,
      async facts() {
        const { taskAddresses } = engine;
        if (taskAddresses === undefined) throw new ProviderError("transient", "Away", "the engine is away");
        return { ...(await runtime.facts()), taskAddresses };
      },
    };
    const provider = await createLocalProvider(late, { pods: 110 }, contextOf());
    const pod = await resolvedPod(podWith({ ports: [{ containerPort: 80 }] }));
    expect(provider.translate(pod).refusals).toEqual([]);
    await expect(provider.capacity()).rejects.toThrow("away");
    engine.taskAddresses = false;
    await provider.capacity();
    expect(provider.translate(pod).refusals.map(({ path }) => path)).toEqual([
      "spec.containers[0].ports[0].containerPort",
    ]);
  });

  test("offers exec, attach and forward exactly where its runtime has them, and accepts stdin with attach", async () => {
    const { runtime } = scriptedWorld();
    const none = await createLocalProvider(runtime, { pods: 110 }, contextOf());
    expect(Object.keys(none)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(exec|attach|forward)$/)]));
    const asked: string[] = [];
    const answers = (name: string) => async () => {
      asked.push(name);
      throw new Error(name);
    };
    const able = { ...runtime, exec: answers("exec"), attach: answers("attach"), forward: answers("forward") };
    const all = await createLocalProvider(able, { pods: 110 }, contextOf());
    const task = scriptedTask("a");
    const target = { task, container: "main", instance: 0 };
    await expect(all.exec?.(target, { argv: ["true"], tty: false, stdin: false }, signal)).rejects.toThrow("exec");
    await expect(all.attach?.(target, { stdin: false }, signal)).rejects.toThrow("attach");
    await expect(all.forward?.(task, 80, signal)).rejects.toThrow("forward");
    expect(asked).toEqual(["exec", "attach", "forward"]);
    const pod = await resolvedPod(podWith({ stdin: true }));
    expect(all.translate(pod).refusals).toEqual([]);
    expect(none.translate(pod).refusals.map(({ path }) => path)).toEqual(["spec.containers[0].stdin"]);
  });

  test("launches nothing when nobody waits for it any more", async () => {
    const { runtime, requests } = scriptedWorld();
    const provider = await createLocalProvider(runtime, { pods: 110 }, contextOf());
    const { request } = provider.translate(await resolvedPod(podWith({})));
    if (request === undefined) throw new Error("refused");
    const launch = { identity: scriptedTask("a").identity, token: "t", tryNumber: 1, request };
    await expect(provider.launch(launch, AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
    expect(requests).toEqual([]);
  });
});
