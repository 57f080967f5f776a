import { describe, expect, test } from "vitest";
import { ProviderError } from "../../../src/provider.ts";
import { groupOf, identity, owner } from "../groups/testing.ts";
import type { ContainerGroup } from "../groups/shapes.ts";
import type { ArmBuckets } from "./buckets.ts";
import { createGroupsClient } from "./groups.ts";
import type { ArmAnswer, ArmRequest } from "./requests.ts";

const base = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups";
const version = "?api-version=2023-05-01";
const ours = groupOf({});
const theirs: ContainerGroup = { ...ours, tags: { ...ours.tags, "burstlet-pod-uid": "uid-2" } };

const ok = (body: unknown, status = 200): ArmAnswer => ({ status, body, header: () => undefined });
const bad = (status: number, code: string): ArmAnswer => ok({ error: { code, message: "words" } }, status);
const absent = bad(404, "ResourceNotFound");
const silent = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });

/** A client that gets these answers in turn, and what it has asked for. */
function scripted(...answers: (ArmAnswer | Error)[]) {
  const asked: string[] = [];
  const paced: string[] = [];
  const bodies: unknown[] = [];
  const pace =
    (name: string): ArmBuckets["read"] =>
    async (call) => {
      paced.push(name);
      return call();
    };
  const learnt: (string | undefined)[] = [];
  const buckets: ArmBuckets = {
    read: pace("read"),
    create: pace("create"),
    remove: pace("remove"),
    write: pace("write"),
    creationDelay: () => 0,
    learn: (headerOf) => learnt.push(headerOf("left")),
  };
  const send = async ({ method, path, body }: ArmRequest): Promise<ArmAnswer> => {
    asked.push(`${method} ${path.replace(base, "").replace(version, "")}`);
    if (body !== undefined) bodies.push(body);
    const answer = answers.shift();
    if (answer === undefined) throw new Error(`not expected: ${method} ${path}`);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const config = { subscription: "s", resourceGroup: "g" };
  return { client: createGroupsClient({ config, owner, send, buckets }), asked, paced, bodies, learnt };
}

describe("a creation", () => {
  const create = async (...answers: (ArmAnswer | Error)[]) => {
    const { client, ...seen } = scripted(...answers);
    const outcome = await client.create("bl-1", identity, { a: 1 }).catch((error: unknown) => error);
    return { outcome, ...seen };
  };

  test("looks first, then puts, each in its bucket, and learns what is left", async () => {
    const created = { ...ok(ours, 201), header: (name: string) => `${name}:99` };
    const { outcome, asked, paced, bodies, learnt } = await create(absent, created);
    expect(outcome).toEqual(ours);
    expect([asked, paced]).toEqual([
      ["GET /bl-1", "PUT /bl-1"],
      ["read", "create"],
    ]);
    expect([bodies, learnt]).toEqual([[{ a: 1 }], ["left:99"]]);
  });

  test("never puts onto a group that is there: its containers would start again", async () => {
    const { outcome, asked } = await create(ok(ours));
    expect([outcome, asked]).toEqual([ours, ["GET /bl-1"]]);
  });

  test.for([silent, bad(503, "ServerTimeout"), bad(408, "Timeout"), bad(409, "ContainerGroupTransitioning")])(
    "%# in doubt looks, and finds the group made",
    async (doubt) => {
      const { outcome, asked } = await create(absent, doubt, ok(ours));
      expect([outcome, asked]).toEqual([ours, ["GET /bl-1", "PUT /bl-1", "GET /bl-1"]]);
    },
  );

  test("in doubt looks, and finds nothing: then the same try may be made again", async () => {
    const { outcome, asked } = await create(absent, bad(503, "ServerTimeout"), absent);
    expect(outcome).toMatchObject({ kind: "transient", reason: "ServerTimeout" });
    expect(asked.filter((call) => call.startsWith("PUT"))).toHaveLength(1);
  });

  test("in doubt that nobody can clear is unknown, whatever the PUT has said", async () => {
    const { outcome } = await create(absent, bad(503, "ServerTimeout"), bad(500, "InternalServerError"));
    expect(outcome).toMatchObject({ kind: "unknown", reason: "ServerTimeout" });
  });

  test("that is refused for certain is not looked for", async () => {
    const { outcome, asked } = await create(absent, bad(409, "ContainerGroupQuotaReached"));
    expect(outcome).toMatchObject({ kind: "noCapacity" });
    expect(asked).toEqual(["GET /bl-1", "PUT /bl-1"]);
  });

  test("under a name that is somebody else's is a conflict, before the PUT and after a doubtful one", async () => {
    expect((await create(ok(theirs))).outcome).toMatchObject({ kind: "conflict", reason: "GroupNameTaken" });
    expect((await create(absent, silent, ok(theirs))).outcome).toMatchObject({ kind: "conflict" });
  });

  test("is not made while nobody can look", async () => {
    const { outcome, asked } = await create(bad(403, "AuthorizationFailed"));
    expect(outcome).toMatchObject({ kind: "denied" });
    expect(asked).toEqual(["GET /bl-1"]);
  });
});

describe("groups", () => {
  test("are read by name, and those that are not there are none", async () => {
    const { client } = scripted(ok(ours), absent, bad(500, "InternalServerError"));
    expect(await client.read("bl-1")).toEqual(ours);
    expect(await client.read("bl-1")).toBeUndefined();
    await expect(client.read("bl-1")).rejects.toBeInstanceOf(ProviderError);
  });

  test("are listed over all pages, this node's alone, and no other host is asked", async () => {
    const foreign = { ...ours, tags: { app: "x" } };
    const next = `https://elsewhere.example${base}?api-version=2023-05-01&$skiptoken=2`;
    const { client, asked, paced } = scripted(ok({ value: [ours, foreign], nextLink: next }), ok({ value: [theirs] }));
    expect(await client.list()).toEqual([ours, theirs]);
    expect([asked, paced]).toEqual([
      ["GET ", "GET &$skiptoken=2"],
      ["read", "read"],
    ]);
  });

  test.for([
    [200, "going"],
    [202, "going"],
    [204, "gone"],
  ] as const)("are removed, as the answer %i says", async ([status, outcome]) => {
    const { client, asked, paced } = scripted(ok(undefined, status));
    expect(await client.remove("bl-1")).toBe(outcome);
    expect([asked, paced]).toEqual([["DELETE /bl-1"], ["remove"]]);
  });

  test.for([200, 202, 204])("are stopped, as the answer %i says", async (status) => {
    const { client, asked, paced } = scripted(ok(undefined, status));
    await client.stop("bl-1");
    expect([asked, paced]).toEqual([["POST /bl-1/stop"], ["write"]]);
  });

  test("that are not there are removed and stopped already; another failure is told", async () => {
    const { client } = scripted(absent, absent, bad(409, "ContainerGroupTransitioning"));
    expect(await client.remove("bl-1")).toBe("gone");
    await client.stop("bl-1");
    await expect(client.remove("bl-1")).rejects.toMatchObject({ kind: "conflict", retryAfter: 10 });
  });
});

test("a call that is given up says so, and nothing of Azure", async () => {
  const gone = new AbortController();
  const { client } = scripted(silent);
  gone.abort(new Error("given up"));
  await expect(client.read("bl-1", gone.signal)).rejects.toThrow("given up");
});
