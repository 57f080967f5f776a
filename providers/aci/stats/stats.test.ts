import { expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { providerContext } from "../../../test/support/provider-context.ts";
import { createGroups } from "../groups/known-groups.ts";
import { observe } from "../groups/observe.ts";
import { groupOf, ms, owner, running } from "../groups/testing.ts";
import { identityTags } from "../names.ts";
import { realtimeMetrics } from "./extension/extension.ts";
import { createStats } from "./stats.ts";

const config = { subscription: "s", resourceGroup: "g" };

/** A group that has the extension, and one that has not. */
async function asked(isExtended: boolean) {
  const clock = fakeClock(ms(5));
  const groups = createGroups({
    observe: (group) => observe(group, { ...owner, network: "routed", version: 1 }),
    clock,
  });
  const usual = groupOf({ main: { currentState: running() } });
  for (const [name, extensions] of [
    ["with", [realtimeMetrics]],
    ["without", []],
  ] as const) {
    const tags = {
      ...usual.tags,
      ...identityTags({ clusterUid: "cluster", podUid: name, attempt: 1 }, owner.nodeName),
    };
    groups.put({ ...usual, name, tags, properties: { ...usual.properties, extensions } }, 0);
  }
  await clock.advance(180_000);
  const urls: string[] = [];
  const note = async (url: string): Promise<string> => {
    urls.push(url);
    return Promise.resolve("{}");
  };
  const stats = createStats({ ...providerContext(clock), config, groups, get: note, ask: note, isExtended });
  expect(await stats()).toEqual([]);
  return urls.map((url) => url.replace(/\?.*/, ""));
}

test("a group tells its usage itself where it has the extension and is reached; Azure Monitor tells that of others", async () => {
  const at = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups";
  const monitor = "providers/Microsoft.Insights/metrics";
  expect(await asked(true)).toEqual(["http://10.8.0.4:18899/v1/stats", `${at}/without/${monitor}`]);
  expect(await asked(false)).toEqual([`${at}/with/${monitor}`, `${at}/without/${monitor}`]);
});
