import { describe, expect, test } from "vitest";
import { isGranted } from "./grants.ts";

const builder = { namespace: "team-a", serviceAccount: "builder" };
const role = "arn:aws:iam::123456789012:role/team-a/build";

describe("an id in an annotation", () => {
  test("is allowed by nothing but a grant", () => {
    expect(isGranted([], builder, role)).toBe(false);
    expect(isGranted([{ namespace: "team-a", allow: [role] }], builder, role)).toBe(true);
  });

  test("is granted to the namespace that the grant names, and to its service account where it names one", () => {
    const grants = [{ namespace: "team-a", serviceAccount: "builder", allow: [role] }];
    expect(isGranted(grants, builder, role)).toBe(true);
    expect(isGranted(grants, { ...builder, serviceAccount: "default" }, role)).toBe(false);
    expect(isGranted(grants, { ...builder, namespace: "team-b" }, role)).toBe(false);
  });

  test.for([
    ["arn:aws:iam::123456789012:role/team-a/*", true],
    ["arn:aws:iam::*:role/team-a/*", true],
    ["*", true],
    ["*build", true],
    ["arn:aws:iam::123456789012:role/team-b/*", false],
    ["arn:aws:iam::123456789012:role/team-a/build*x", false],
    ["arn:aws:iam::123456789012:role/team-a/build*build", false],
    ["role/team-a/build", false],
    ["", false],
  ] as const)("matches the pattern %j: %j", ([pattern, expected]) => {
    expect(isGranted([{ namespace: "team-a", allow: [pattern] }], builder, role)).toBe(expected);
  });

  test("is compared in no time by a pattern of many stars", () => {
    const pattern = `${"*a".repeat(5_000)}b`;
    expect(isGranted([{ namespace: "team-a", allow: [pattern] }], builder, "a".repeat(20_000))).toBe(false);
  });
});
