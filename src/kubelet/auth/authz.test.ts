import { expect, it, test } from "vitest";

import { fakeClock } from "../../../test/support/fake-clock.ts";
import type { NodeAccess, UserInfo } from "../../cluster/cluster.ts";
import { usualAccess } from "../testing.ts";
import { authorizer, verbOf } from "./authz.ts";

const user: UserInfo = { username: "jane", groups: ["dev"] };
const access: NodeAccess = { verb: "get", nodeName: "burst-1", subresource: "proxy" };

function setUp(allowed: boolean) {
  const clock = fakeClock();
  const asked: [UserInfo, NodeAccess][] = [];
  const authorize = authorizer(
    {
      reviewAccess: async (who, what) => {
        asked.push([who, what]);
        return { allowed, reason: "" };
      },
    },
    usualAccess,
    clock,
  );
  return { clock, asked, authorize };
}

test.for([
  { allowed: true, seconds: 300 },
  { allowed: false, seconds: 30 },
])("remembers allowed=$allowed for $seconds s", async ({ allowed, seconds }) => {
  const { clock, asked, authorize } = setUp(allowed);
  expect(await authorize(user, access)).toBe(allowed);
  await clock.advance(seconds * 1000 - 1);
  expect(await authorize(user, access)).toBe(allowed);
  expect(asked).toHaveLength(1);
  await clock.advance(2);
  await authorize(user, access);
  expect(asked).toHaveLength(2);
});

it("remembers nothing across users, groups, extras, verbs, nodes or subresources", async () => {
  const { asked, authorize } = setUp(true);
  const users: UserInfo[] = [
    user,
    { ...user, username: "joe" },
    { ...user, uid: "1" },
    { ...user, groups: [] },
    { ...user, groups: ["dev", "ops"] },
    { ...user, extra: { scope: ["a"] } },
    { username: 'jane",null,["dev"]', groups: [] },
  ];
  for (const who of users) await authorize(who, access);
  await authorize(user, { ...access, verb: "create" });
  await authorize(user, { ...access, nodeName: "burst-2" });
  await authorize(user, { ...access, subresource: "metrics" });
  expect(asked).toHaveLength(users.length + 3);
});

it("remembers nothing about attributes of extraordinary length", async () => {
  const { asked, authorize } = setUp(true);
  const long = { ...user, groups: ["x".repeat(10_001)] };
  await authorize(long, access);
  await authorize(long, access);
  expect(asked).toHaveLength(2);
});

it("remembers no failure", async () => {
  let fails = true;
  const authorize = authorizer(
    {
      reviewAccess: async () => {
        if (fails) throw new Error("connection refused");
        return { allowed: true, reason: "" };
      },
    },
    usualAccess,
    fakeClock(),
  );
  await expect(authorize(user, access)).rejects.toThrow("connection refused");
  fails = false;
  expect(await authorize(user, access)).toBe(true);
});

test.for([
  ["GET", "get"],
  ["HEAD", "get"],
  ["POST", "create"],
  ["PUT", "update"],
  ["PATCH", "patch"],
  ["DELETE", "delete"],
  ["OPTIONS", "options"],
] as const)("%s is the verb %s", ([method, verb]) => {
  expect(verbOf(method)).toBe(verb);
});
