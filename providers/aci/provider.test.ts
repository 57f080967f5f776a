import { expect, test } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { providerContext } from "../../test/support/provider-context.ts";
import { create } from "./provider.ts";
import { least } from "./translate/testing.ts";

const node = async (network: "none" | "routed") => create(least, providerContext(fakeClock(), { network }));

test("ports of pods are reached where the node has a route to them, and else it is said how to have one", async () => {
  const routed = await node("routed");
  expect([typeof routed.forward, routed.absent?.forward]).toEqual(["function", undefined]);
  const none = await node("none");
  expect(none.forward).toBeUndefined();
  expect(none.absent?.forward).toContain("network: routed");
  expect(none.absent?.stats).toContain("aci.stats");
});
