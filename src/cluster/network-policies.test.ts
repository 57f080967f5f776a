import { expect, test } from "vitest";
import { fakeClock } from "../../test/support/fake-clock.ts";
import { rfc3339 } from "../model/clock.ts";
import { createNetworkPolicies } from "./network-policies.ts";
import { fail, testApi, testRest } from "./testing.ts";

async function begin() {
  const clock = fakeClock();
  const server = { forbidden: false };
  const api = await testApi(({ path }, response) => {
    response.setHeader("date", new Date(clock.now()).toUTCString());
    return server.forbidden
      ? fail(response, 403, "Forbidden")
      : { items: [{ metadata: { name: path.split("/")[5] } }] };
  });
  const list = createNetworkPolicies(testRest(api.url, { clock }), clock);
  const names = async (namespace: string, newerThan?: string) =>
    (await list(namespace, newerThan)).map(({ metadata }) => metadata?.name);
  return { clock, server, names, paths: () => api.requests.map(({ path }) => path) };
}

test("the policies of a namespace are listed once for all who ask, and again after half a minute", async () => {
  const { clock, names, paths } = await begin();
  const path = (namespace: string) => `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
  expect(await Promise.all([names("a"), names("a"), names("b")])).toEqual([["a"], ["a"], ["b"]]);
  expect(paths().toSorted()).toEqual([path("a"), path("b")]);
  await clock.advance(29_000);
  await names("a");
  expect(paths()).toHaveLength(2);
  await clock.advance(2_000);
  await names("a");
  expect(paths()).toHaveLength(3);
});

test("they are listed again for a pod that is not older than the list", async () => {
  const { clock, names, paths } = await begin();
  const older = rfc3339(clock.now() - 1_000);
  await names("a");
  await names("a", older);
  expect(paths()).toHaveLength(1);
  const young = rfc3339(clock.now());
  await clock.advance(1_000);
  await names("a", young);
  await names("a", young);
  expect(paths()).toHaveLength(2);
});

test("a missing right rejects, and is not asked for again for some seconds", async () => {
  const { clock, server, names, paths } = await begin();
  server.forbidden = true;
  await expect(names("a")).rejects.toMatchObject({ status: 403 });
  await expect(names("a")).rejects.toMatchObject({ status: 403 });
  expect(paths()).toHaveLength(1);
  server.forbidden = false;
  await clock.advance(5_001);
  expect(await names("a")).toEqual(["a"]);
});
