import { describe, expect, test } from "vitest";
import type { SecuritySpec } from "../../runtime.ts";
import { taskOf } from "../testing.ts";
import { needsImageUser, securityOptions, userOf } from "./security.ts";

const none: SecuritySpec = {
  user: undefined,
  group: undefined,
  nonRoot: false,
  groups: [],
  readOnlyRoot: false,
  addCapabilities: [],
  dropCapabilities: [],
  privileged: false,
  noNewPrivileges: false,
  unconfined: false,
};
const where = { spec: taskOf("p", []), container: "a" };

describe("the user of a container", () => {
  test.for<[Partial<SecuritySpec>, string, string | undefined]>([
    [{}, "app", undefined],
    [{ user: 5 }, "app", "5"],
    [{ user: 5, group: 6 }, "app", "5:6"],
    [{ group: 6 }, "app:app", "app:6"],
    [{ group: 6 }, "", "0:6"],
    [{ nonRoot: true }, "7:8", undefined],
    [{ nonRoot: true, user: 5 }, "0", "5"],
  ])("of %j over the image's %s is %s", ([security, image, user]) => {
    expect(userOf({ ...none, ...security }, image, where)).toBe(user);
  });

  test.for<[Partial<SecuritySpec>, string, string]>([
    [{ user: 0 }, "5", "container's runAsUser breaks non-root policy"],
    [{}, "", "container has runAsNonRoot and image will run as root"],
    [{}, "0:5", "container has runAsNonRoot and image will run as root"],
    [{}, "app", "image has non-numeric user (app), cannot verify user is non-root"],
  ])("may not be root: %j over the image's %s", ([security, image, words]) => {
    expect(() => userOf({ ...none, nonRoot: true, ...security }, image, where)).toThrow(words);
  });

  test("needs the image's only where that decides", () => {
    const needs = (security: Partial<SecuritySpec>): boolean => needsImageUser({ ...none, ...security });
    expect([needs({}), needs({ nonRoot: true }), needs({ group: 1 }), needs({ nonRoot: true, user: 1 })]).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

test("options of a host are said only where they are asked for", () => {
  expect(securityOptions(undefined)).toEqual({});
  expect(securityOptions(none)).toEqual({});
  expect(securityOptions({ ...none, privileged: true, unconfined: true })).toEqual({ Privileged: true });
  expect(securityOptions({ ...none, seLinux: ["level:s0:c1"] })).toEqual({ SecurityOpt: ["label=level:s0:c1"] });
});
