import { expect, test } from "vitest";
import { create } from "../../providers/aci/provider.ts";
import { systemClock } from "../../src/telemetry/clock.ts";
import { providerContext } from "../support/provider-context.ts";
import { podOf, resolvedPod } from "../support/resolve-sources.ts";

const subscription = "00000000-0000-0000-0000-000000000000";
const subnet = `/subscriptions/${subscription}/resourceGroups/burstlet/providers/Microsoft.Network/virtualNetworks/west/subnets/groups`;
const inSubnet = { subscription, locations: ["westeurope"], network: "subnet", subnets: { westeurope: subnet } };

test.for([
  ["where it is asked for and the node reaches its groups", true, "routed", true],
  ["not where the node does not reach them", true, "none", false],
  ["not where nobody has asked for it", false, "routed", false],
] as const)(
  "usage of groups is told %s, and new groups have the extension then",
  async ([, stats, network, expected]) => {
    const provider = await create({ ...inSubnet, stats }, providerContext(systemClock, { network }));
    expect(provider.stats !== undefined).toBe(expected);
    const { request } = provider.translate(await resolvedPod(podOf({})));
    expect(request?.group.properties.extensions !== undefined).toBe(expected);
  },
);
