import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { create } from "../../providers/aci/provider.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { providerContext } from "../support/provider-context.ts";
import { pretended } from "../../providers/local/runtime/scripted/runtime.ts";
import { podOf, resolvedPod } from "../support/resolve-sources.ts";
import { eventually } from "../support/eventually.ts";
import { openAci } from "./testing.ts";

const subscription = "00000000-0000-0000-0000-000000000000";
const subnet = `/subscriptions/${subscription}/resourceGroups/burstlet/providers/Microsoft.Network/virtualNetworks/west/subnets/groups`;
const inSubnet = { subscription, locations: ["westeurope"], network: "subnet", subnets: { westeurope: subnet } };

test.for([
  ["where the node reaches them in a subnet", { stats: true }, "routed", true],
  ["not where the node does not reach them", { stats: true }, "none", false],
  ["not where they have public addresses", { stats: true, network: "public" }, "routed", false],
  ["not where nobody has asked for usage", { stats: false }, "routed", false],
] as const)("new groups have the extension that tells usage %s", async ([, change, network, expected]) => {
  const provider = await create({ ...inSubnet, ...change }, providerContext(systemClock, { network }));
  expect(provider.stats !== undefined).toBe(change.stats);
  const { request } = provider.translate(await resolvedPod(podOf({})));
  expect(request?.group.properties.extensions !== undefined).toBe(expected);
});

test("without the extension Azure Monitor tells usage minute by minute, of the pod's own container", async () => {
  await using aci = await openAci({}, { stats: true }, ({ clock }) => ({
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
  }));
  const { clock } = aci.azure.cloud;
  await aci.launch();
  const { identity, containers } = await aci.until("it runs", ({ phase }) => phase === "running");
  const told = async (minutes: number, after = 0) => {
    for (let tick = 0; tick < minutes * 6; tick++) {
      clock.advance(10_000);
      // The stand-in looks at what runs, and sets its clock for the next look.
      await setImmediate();
    }
    return eventually("it is told", async () => {
      const [task, ...others] = (await aci.provider.stats?.()) ?? [];
      expect([task?.identity ?? identity, others]).toEqual([identity, []]);
      const [main] = task?.containers ?? [];
      return main !== undefined && main.time > after && main;
    });
  };
  const first = await told(4);
  const run = containers[0]?.state;
  const startedAt = run?.is === "running" ? run.startedAt : 0;
  expect(first).toMatchObject({ name: "main", startedAt });
  const second = await told(2, first.time);
  const seconds = (second.time - first.time) / 1_000;
  expect(seconds % 60).toBe(0);
  expect((second.cpuSeconds - first.cpuSeconds) / seconds).toBeCloseTo(pretended.cores, 2);
  expect(second.memoryBytes).toBeCloseTo(pretended.memoryBytes, 0);
});
