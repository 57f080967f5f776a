import { describe, expect, test } from "vitest";
import { ProviderError, SecretText } from "../../../src/provider.ts";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { prefixOf } from "./names.ts";
import { arnOf, memoryVault } from "./testing.ts";
import { createVault } from "./vault.ts";

const owner = { clusterUid: "cluster-1", nodeName: "fargate" };
const secret = (ref: string, content: string) => ({ ref, content: new SecretText(content) });

function world(key = "key-1") {
  const client = memoryVault();
  const clock = fakeClock(0);
  const open = () => createVault({ client, key: async () => new SecretText(key), owner, clock });
  return { client, clock, open, vault: open() };
}
const madeIn = ({ calls }: { readonly calls: readonly string[] }) => calls.filter((call) => call.startsWith("create"));

describe("a vault", () => {
  test("makes each content once, however many pods ask for it at the same time", async () => {
    const { client, vault } = world();
    const asked = Array.from({ length: 50 }, async () => vault.ensure([secret("files", "s3cret")]));
    const arns = new Set((await Promise.all(asked)).map((found) => found.get("files")));
    expect(madeIn(client)).toHaveLength(1);
    const [name = ""] = client.stored.keys();
    expect([...arns]).toEqual([arnOf(name)]);
    expect(client.stored.get(name)).toBe("s3cret");
  });

  test("gives another content another secret, and tells by their references which is which", async () => {
    const { client, vault } = world();
    const found = await vault.ensure([secret("a", "one"), secret("b", "two"), secret("c", "one")]);
    expect(client.stored.size).toBe(2);
    expect(found.get("a")).toBe(found.get("c"));
    expect(found.get("a")).not.toBe(found.get("b"));
  });

  test("names a secret by its content and the installation's key, so that the name gives away neither", async () => {
    const [first, again, other] = [world(), world(), world("key-2")];
    for (const { vault } of [first, again, other]) await vault.ensure([secret("a", "s3cret")]);
    const nameIn = ({ client }: typeof first) => [...client.stored.keys()][0] ?? "";
    expect(nameIn(first)).toBe(nameIn(again));
    expect(nameIn(first)).not.toBe(nameIn(other));
    expect(nameIn(first)).toMatch(/^burstlet\/.*\/[0-9a-f]{64}$/);
    expect(nameIn(first).startsWith(prefixOf(owner))).toBe(true);
  });

  test("takes what an earlier process has made", async () => {
    const { client, vault, open } = world();
    const before = await vault.ensure([secret("a", "one")]);
    expect(await open().ensure([secret("a", "one")])).toEqual(before);
    expect(client.stored.size).toBe(1);
  });

  test("asks again after a failure, and tells everybody who has waited for the first", async () => {
    const { client, vault } = world();
    const error = new ProviderError("denied", "AccessDeniedException", "no secretsmanager:CreateSecret");
    client.failures.push({ call: "create", error });
    const both = [vault.ensure([secret("a", "one")]), vault.ensure([secret("a", "one")])];
    for (const one of await Promise.allSettled(both)) expect(one).toMatchObject({ status: "rejected", reason: error });
    await vault.ensure([secret("a", "one")]);
    expect(madeIn(client)).toHaveLength(2);
  });

  test("looks again for what a task did not get", async () => {
    const { client, vault } = world();
    const [arn = ""] = (await vault.ensure([secret("a", "one")])).values();
    client.stored.clear();
    await vault.ensure([secret("a", "one")]);
    expect(client.stored.size).toBe(0);
    vault.doubt([arn, "arn:of:somebody:else"]);
    await vault.ensure([secret("a", "one")]);
    expect(client.stored.size).toBe(1);
  });

  test("makes anew what a launch needs while it is being removed, and not before it is gone", async () => {
    const { client, vault } = world();
    await vault.ensure([secret("a", "one")]);
    const [name = ""] = client.stored.keys();
    const removed = vault.remove(name);
    await Promise.all([removed, vault.ensure([secret("a", "one")])]);
    expect(client.calls).toEqual([`create ${name}`, `remove ${name}`, `create ${name}`]);
    expect([...client.stored.keys()]).toEqual([name]);
  });

  test("remembers when a launch has last asked", async () => {
    const { client, clock, vault } = world();
    await vault.ensure([secret("a", "one")]);
    await clock.advance(5_000);
    await vault.ensure([secret("a", "one")]);
    const [name = ""] = client.stored.keys();
    expect([vault.usedAt(name), vault.usedAt("another")]).toEqual([clock.monotonic(), undefined]);
  });
});
