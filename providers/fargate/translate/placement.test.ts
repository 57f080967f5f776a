import { describe, expect, test } from "vitest";
import { podOf } from "../../../test/support/resolve-sources.ts";
import type { Grant } from "../../../src/provider.ts";
import { executionRole, type Options, refusalsOf, requestOf, translated } from "./testing.ts";

const role = "arn:aws:iam::123456789012:role/team-a";

const annotated = (annotations: Record<string, string>) =>
  podOf(
    {},
    {
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([key, value]) => [
          key.includes("/") ? key : `fargate.burstlet.dev/${key}`,
          value,
        ]),
      ),
    },
  );

const granting = (...allow: string[]): Options => ({ context: { grants: [{ namespace: "ns", allow }] } });
const withGrants = (...grants: Grant[]): Options => ({ context: { grants } });

const places = (market: "spot" | "on-demand", ...subnets: string[]) => subnets.map((subnet) => ({ market, subnet }));

describe("where a pod is asked for", () => {
  const both = [...places("spot", "subnet-a", "subnet-b"), ...places("on-demand", "subnet-a", "subnet-b")];
  test.for([
    ["on-demand", undefined, places("on-demand", "subnet-a", "subnet-b")],
    ["spot", undefined, places("spot", "subnet-a", "subnet-b")],
    ["spot-then-on-demand", undefined, both],
    ["spot", "on-demand", places("on-demand", "subnet-a", "subnet-b")],
    ["on-demand", "spot", places("spot", "subnet-a", "subnet-b")],
    ["on-demand", "spot-then-on-demand", both],
  ] as const)("on a node of %s, and a pod that says %s, without any grant", async ([capacityType, said, expected]) => {
    const pod = said === undefined ? podOf({}) : annotated({ "capacity-type": said });
    const { placement } = await requestOf(pod, { config: { capacityType } });
    expect(placement.places).toEqual(expected);
  });

  test("is no part of the definition, and has the price of what is asked first", async () => {
    const spotPrices = { vcpu: 0.01, memory: 0.001, storage: 0.0001 };
    const pod = annotated({ "capacity-type": "spot-then-on-demand" });
    expect((await requestOf(pod)).definition).toEqual((await requestOf(podOf({}))).definition);
    expect(await translated(pod)).toMatchObject({ provisioned: "0.25vCPU 0.5GB Spot" });
    expect(await translated(pod)).not.toHaveProperty("hourlyUsd");
    expect(await translated(pod, { config: { spotPrices } })).toMatchObject({ hourlyUsd: 0.003 });
  });
});

describe("what a pod names by annotation is honoured with a grant", () => {
  test.for<[key: string, value: string, ids: string[], found: object]>([
    ["task-role-arn", role, [role], { overrides: { taskRoleArn: role } }],
    ["iam.amazonaws.com/role", role, ["arn:aws:iam::123456789012:role/team-*"], { overrides: { taskRoleArn: role } }],
    ["execution-role-arn", role, [role], { overrides: { executionRoleArn: role } }],
    [
      "subnets",
      "subnet-1, subnet-2",
      ["subnet-1", "subnet-2"],
      { placement: { places: places("on-demand", "subnet-1", "subnet-2") } },
    ],
    ["security-groups", "sg-1", ["sg-*"], { placement: { securityGroups: ["sg-1"] } }],
    ["assign-public-ip", "true", ["assign-public-ip"], { placement: { assignPublicIp: true } }],
  ])("%s: %s", async ([key, value, ids, found]) => {
    const pod = annotated({ [key]: value });
    const plain = await requestOf(podOf({}));
    const named = await requestOf(pod, granting(...ids));
    expect(named).toMatchObject(found);
    expect(named.definition).toEqual(plain.definition);
    const refusals = await refusalsOf(pod);
    expect(refusals).toHaveLength(ids.length);
    expect(refusals[0]).toMatch(
      /^metadata\.annotations\[[\w./-]+\]: No grant of the node's configuration allows \S+ to namespace ns or its service account robot\.$/,
    );
  });

  test("a grant for a service account is for no other one, and one for a namespace for no other one", async () => {
    const pod = annotated({ "task-role-arn": role });
    expect(await refusalsOf(pod, withGrants({ namespace: "ns", serviceAccount: "robot", allow: [role] }))).toEqual([]);
    expect(await refusalsOf(pod, withGrants({ namespace: "ns", serviceAccount: "other", allow: [role] }))).toHaveLength(
      1,
    );
    expect(await refusalsOf(pod, withGrants({ namespace: "other", allow: [role] }))).toHaveLength(1);
  });

  test("each of several ids needs its own", async () => {
    const pod = annotated({ subnets: "subnet-1,subnet-2,subnet-3" });
    const refusals = await refusalsOf(pod, granting("subnet-1", "subnet-3"));
    expect(refusals).toEqual([expect.stringContaining("allows subnet-2 to")]);
  });

  test("less than the node gives needs none: no public address", async () => {
    const options = { config: { assignPublicIp: true } };
    expect((await requestOf(podOf({}), options)).placement.assignPublicIp).toBe(true);
    expect((await requestOf(annotated({ "assign-public-ip": "false" }), options)).placement.assignPublicIp).toBe(false);
  });

  test("of the two names for a task role, burstlet's own comes first", async () => {
    const pod = annotated({ "task-role-arn": role, "iam.amazonaws.com/role": executionRole });
    expect((await requestOf(pod, granting("*"))).overrides.taskRoleArn).toBe(role);
  });
});

test.for<[key: string, value: string, words: string]>([
  ["task-role-arn", "team-a", 'Expected the ARN of one role, and not "team-a".'],
  ["task-role-arn", `${role},${role}`, "Expected the ARN of one role, "],
  ["subnets", "", 'Expected 1 to 16 ids of subnets, separated by commas, and not "".'],
  ["subnets", Array.from({ length: 17 }, (_, n) => `subnet-${n}`).join(), "Expected 1 to 16 ids of subnets"],
  ["security-groups", "sg-1,sg-2,sg-3,sg-4,sg-5,sg-6", "Expected 1 to 5 ids of security groups"],
  ["assign-public-ip", "yes", 'Expected true or false, and not "yes".'],
  ["service-account-token", "True", 'Expected true or false, and not "True".'],
  ["capacity-type", "cheap", 'Expected on-demand, spot, spot-then-on-demand, and not "cheap".'],
  ["task-role", role, "Only fargate.burstlet.dev/task-role-arn, "],
])("the annotation %s: %s is refused, whatever is granted", async ([key, value, words]) => {
  expect(await refusalsOf(annotated({ [key]: value }), granting("*"))).toEqual([expect.stringContaining(words)]);
});

test.for(["true", "false"])("service-account-token: %s needs no grant", async (value) => {
  expect(await refusalsOf(annotated({ "service-account-token": value }))).toEqual([]);
});

test("annotations of others mean nothing", async () => {
  expect(await refusalsOf(annotated({ "example.com/role": "admin", "burstlet.dev/attempt": "2" }))).toEqual([]);
});

describe("an execution role", () => {
  test("of a pod is in the definition of a node that has none, because ECS registers no other", async () => {
    const options = { ...granting(role), config: { executionRoleArn: undefined } };
    const { definition } = await requestOf(annotated({ "execution-role-arn": role }), options);
    expect(definition.content.executionRoleArn).toBe(role);
  });

  test("that is the node's own needs no override", async () => {
    const { overrides } = await requestOf(annotated({ "execution-role-arn": executionRole }), granting("*"));
    expect(overrides).not.toHaveProperty("executionRoleArn");
  });
});

describe("the roles of a service account", () => {
  const other = "arn:aws:iam::123456789012:role/other";
  const serviceAccounts = [
    { namespace: "ns", name: "robot", taskRoleArn: role, executionRoleArn: other },
    { namespace: "elsewhere", name: "robot", taskRoleArn: other },
  ];
  const rolesOf = async (options: Options, pod = podOf({})) => {
    const { taskRoleArn, executionRoleArn } = (await requestOf(pod, options)).overrides;
    return { taskRoleArn, executionRoleArn };
  };

  test("are those of its pods, which name none, and of nobody else's", async () => {
    expect(await rolesOf({ config: { serviceAccounts } })).toEqual({ taskRoleArn: role, executionRoleArn: other });
    const others = serviceAccounts.map((one) => ({ ...one, name: "another" }));
    expect(await rolesOf({ config: { serviceAccounts: others } })).toEqual({});
  });

  test("give way to what a pod names by a grant", async () => {
    const pod = annotated({ "task-role-arn": other });
    const options = { config: { serviceAccounts }, ...granting(other) };
    expect(await rolesOf(options, pod)).toEqual({ taskRoleArn: other, executionRoleArn: other });
    expect(await refusalsOf(pod, { config: { serviceAccounts } })).toHaveLength(1);
  });

  test("are enough where the node itself has none", async () => {
    const config = { executionRoleArn: undefined };
    expect(await refusalsOf(podOf({}), { config })).toHaveLength(1);
    expect(await refusalsOf(podOf({}), { config: { ...config, serviceAccounts } })).toEqual([]);
  });
});
