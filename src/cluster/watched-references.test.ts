import type { ServerResponse } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { eventually } from "../../test/support/eventually.ts";
import { createReferences } from "./references.ts";
import { calls } from "./rest/calls.ts";
import { advanceUntil, fail, keptLog, testApi, testRest, type Seen } from "./testing.ts";
import { createWatchedReferences } from "./watched-references.ts";
import { event, list } from "./watch/testing.ts";

interface Settings {
  readonly metadata: { name: string; uid: string; resourceVersion: string };
  readonly data: string;
}

/** `name: content` of every ConfigMap that exists; open watches hear of what is put. */
async function begin(options: { most?: number; denied?: () => boolean } = {}) {
  const clock = fakeClock();
  const { log, lines } = keptLog();
  const stored = new Map<string, Settings>();
  const open = new Map<ServerResponse, string>();
  const gets: string[] = [];
  let version = 1;
  const api = await testApi(({ path, query }, response) => {
    const selected = /^metadata\.name=(.+)$/.exec(query["fieldSelector"] ?? "")?.[1];
    if (selected === undefined) {
      const name = path.split("/").at(-1) ?? "";
      gets.push(name);
      return stored.get(name) ?? fail(response, 404, "NotFound");
    }
    if (options.denied?.() === true) {
      return fail(response, 403, "Forbidden", { message: 'User "b" cannot list resource "configmaps"' });
    }
    if (query["watch"] !== "true") return list(String(version), [stored.get(selected) ?? []].flat());
    response.writeHead(200).flushHeaders();
    open.set(response, selected);
    response.once("close", () => open.delete(response));
    return undefined;
  });
  const rest = testRest(api.url, { clock, log });
  const read = createReferences<Settings>(calls.getConfigMap, rest, clock, () => 0.5);
  const collection = { list: calls.listConfigMaps, watch: calls.watchConfigMaps };
  const watching = { rest, clock, log, random: () => 0.5 };
  const references = createWatchedReferences(read, collection, watching, options.most);
  onTestFinished(() => references.close());
  const changes: string[] = [];
  return {
    clock,
    lines,
    gets,
    changes,
    requests: api.requests,
    watched: () => [...open.values()].toSorted(),
    lists: () => api.requests.filter((seen) => isList(seen)).length,
    hold: (holder: string, ...names: string[]) =>
      references.hold(
        holder,
        names.map((name) => ({ namespace: "default", name })),
        () => changes.push(holder),
      ),
    put(name: string, data: string) {
      version += 1;
      const object = { metadata: { name, uid: name, resourceVersion: String(version) }, data };
      stored.set(name, object);
      for (const [response, of] of open) if (of === name) response.write(event("MODIFIED", object));
    },
    read: async (name: string) => (await references.get("default", name))?.data,
  };
}

const isList = ({ query }: Seen): boolean => query["fieldSelector"] !== undefined && query["watch"] === undefined;

describe("watched references", () => {
  it("are watched one by one while somebody refers to them, and no longer", async () => {
    const { hold, watched, requests } = await begin();
    hold("pod-a", "one", "two");
    hold("pod-b", "two");
    await eventually("both are watched", () => watched().length === 2);
    expect(watched()).toEqual(["one", "two"]);
    hold("pod-a");
    await eventually("one is let go", () => watched().length === 1);
    expect(watched()).toEqual(["two"]);
    hold("pod-b");
    await eventually("none is watched", () => watched().length === 0);
    const places = new Set(requests.map(({ path, query }) => `${path} ${query["fieldSelector"]}`));
    expect([...places].toSorted()).toEqual([
      "/api/v1/namespaces/default/configmaps metadata.name=one",
      "/api/v1/namespaces/default/configmaps metadata.name=two",
    ]);
  });

  it("are read again for a pod that has just come, and from then on told by the watch alone", async () => {
    const { hold, put, read, clock, watched, gets, changes } = await begin();
    put("one", "v1");
    hold("pod-a", "one");
    await eventually("it is watched", () => watched().length === 1);
    expect(await read("one")).toBe("v1");
    expect(gets).toEqual(["one"]);
    await clock.advance(5_000);
    changes.length = 0;
    put("one", "v2");
    await eventually("the change is told", () => changes.length === 1);
    expect(await read("one")).toBe("v2");
    await clock.advance(120_000);
    expect(await read("one")).toBe("v2");
    expect(gets).toEqual(["one"]);
  });

  it("that change while their pod is young are there as soon as the change is told", async () => {
    const { hold, put, read, clock, watched, changes } = await begin();
    put("one", "v1");
    hold("pod-a", "one");
    await eventually("it is watched", () => watched().length === 1);
    expect(await read("one")).toBe("v1");
    await clock.advance(2_000);
    changes.length = 0;
    put("one", "v2");
    await eventually("the change is told", () => changes.length === 1);
    expect(await read("one")).toBe("v2");
  });

  it("that appear are there at once, although their absence was remembered a moment ago", async () => {
    const { hold, put, read, watched, changes } = await begin();
    hold("pod-a", "one");
    await eventually("it is watched", () => watched().length === 1);
    expect(await read("one")).toBeUndefined();
    put("one", "v1");
    await eventually("it is told", () => changes.length === 1);
    expect(await read("one")).toBe("v1");
  });

  it("are read once a minute while the right is missing, which is told once and asked for once a minute", async () => {
    let denied = true;
    const { hold, put, read, clock, lines, lists, watched } = await begin({ denied: () => denied });
    put("one", "v1");
    hold("pod-a", "one");
    const start = clock.monotonic();
    const told = () => lines.filter(({ level }) => level === "error");
    await eventually("the right is missing", () => told().length === 1);
    expect(told()[0]?.message).toBe("permission missing");
    expect(told()[0]?.fields).toMatchObject({
      verb: "list",
      resource: "configmaps",
      fix: expect.stringContaining("deploy/rbac-watch-references.yaml") as unknown,
    });
    expect(await read("one")).toBe("v1");
    put("one", "v2");
    await clock.advance(40_000);
    expect(lists()).toBe(1);
    expect(await read("one")).toBe("v1");
    await advanceUntil(clock, () => lists() > 1, 200);
    expect(clock.monotonic() - start).toBeGreaterThan(40_000);
    await advanceUntil(clock, () => clock.monotonic() - start > 61_000, 200);
    expect(await read("one")).toBe("v2");
    expect(told()).toHaveLength(1);
    denied = false;
    await advanceUntil(clock, () => watched().length === 1, 200);
    put("one", "v3");
    await eventually("the watch tells", async () => (await read("one")) === "v3");
  });

  it("beyond the limit are read by get, which is told once", async () => {
    const { hold, put, read, watched, lines, gets } = await begin({ most: 1 });
    put("two", "v1");
    hold("pod-a", "one", "two", "three");
    await eventually("one is watched", () => watched().length === 1);
    expect(await read("two")).toBe("v1");
    expect(gets).toEqual(["two"]);
    expect(lines.filter(({ level }) => level === "warn")).toHaveLength(1);
    hold("pod-a", "two");
    hold("pod-b", "two");
    await eventually("the place is free again", () => watched()[0] === "two");
  });
});
