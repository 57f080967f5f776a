import { describe, expect, test } from "vitest";
import { type Known, ProviderError } from "../../../src/provider.ts";
import { configSchema, type FargateConfig } from "../config.ts";
import { type Facts, findingsOf, unknownsOf } from "./findings.ts";

const execution = "arn:aws:iam::123456789012:role/burstlet-execution";
const task = "arn:aws:iam::123456789012:role/path/burstlet-task";
const config = configSchema.parse({
  subnets: ["subnet-1", "subnet-2"],
  securityGroups: ["sg-1"],
  executionRoleArn: execution,
});
const role = (change: object = {}) => ({
  arn: execution,
  use: "execution" as const,
  found: { value: { trusts: true } },
  passable: { value: true },
  ...change,
});
const clusterOf = (status: string, change: object = {}) => ({
  status,
  capacityProviders: ["FARGATE"],
  defaultStrategy: [],
  ...change,
});
const well: Facts = {
  region: "eu-central-1",
  caller: { value: { arn: "arn:aws:iam::123456789012:user/b", account: "123456789012" } },
  cluster: { value: clusterOf("ACTIVE") },
  logGroup: { value: true },
  roles: [role()],
  network: {
    value: {
      subnets: [
        { id: "subnet-1", vpc: "vpc-1" },
        { id: "subnet-2", vpc: "vpc-1" },
      ],
      groups: [{ id: "sg-1", vpc: "vpc-1" }],
    },
  },
};
const network = (subnets: [string, string][], groups: [string, string][]): Facts["network"] => ({
  value: { subnets: subnets.map(([id, vpc]) => ({ id, vpc })), groups: groups.map(([id, vpc]) => ({ id, vpc })) },
});
const both: [string, string][] = [
  ["subnet-1", "vpc-1"],
  ["subnet-2", "vpc-1"],
];
const trouble = (reason: string, kind: ProviderError["kind"] = "denied"): Known<never> => ({
  trouble: new ProviderError(kind, reason, `${reason}: words`),
});

test("a set-up that is right has no finding", () => {
  expect(findingsOf(well, config, false)).toEqual([]);
  expect(unknownsOf(well)).toEqual([]);
});

describe("a cluster without Spot", () => {
  const put = "aws ecs put-cluster-capacity-providers --cluster burstlet --region eu-central-1 ";
  const findings = (capacityType: FargateConfig["capacityType"], change: object = {}) =>
    findingsOf({ ...well, cluster: { value: clusterOf("ACTIVE", change) } }, { ...config, capacityType }, false);

  test.for<[what: string, capacityType: FargateConfig["capacityType"], cluster: object, fix: string]>([
    ["with one", "spot", {}, "--capacity-providers FARGATE FARGATE_SPOT --default-capacity-provider-strategy '[]'"],
    [
      "with none",
      "spot-then-on-demand",
      { capacityProviders: [] },
      "--capacity-providers FARGATE FARGATE_SPOT --default-capacity-provider-strategy '[]'",
    ],
    [
      "with its own ones and a strategy, which stay",
      "spot",
      { capacityProviders: ["mine"], defaultStrategy: [{ provider: "mine", weight: 2, base: 1 }] },
      "--capacity-providers FARGATE mine FARGATE_SPOT --default-capacity-provider-strategy capacityProvider=mine,weight=2,base=1",
    ],
  ])("%s is told of a node of %s", ([, capacityType, cluster, fix]) => {
    expect(findings(capacityType, cluster)).toEqual([
      {
        message: `ECS cluster burstlet has no capacity provider FARGATE_SPOT, which fargate.capacityType ${capacityType} needs`,
        fix: `${put}${fix}`,
      },
    ]);
  });

  test("is right for a node whose pods run on demand, and so is one with it", () => {
    expect(findings("on-demand")).toEqual([]);
    expect(findings("spot", { capacityProviders: ["FARGATE_SPOT"] })).toEqual([]);
  });
});

describe("a finding comes with its fix:", () => {
  test.for([
    [
      { cluster: { value: undefined } },
      "ECS cluster burstlet does not exist",
      "aws ecs create-cluster --cluster-name burstlet --region eu-central-1",
    ],
    [{ cluster: { value: clusterOf("DEPROVISIONING") } }, "is DEPROVISIONING", "aws ecs create-cluster"],
    [
      { logGroup: { value: false } },
      "log group /burstlet does not exist",
      "aws logs create-log-group --log-group-name '/burstlet' --region eu-central-1",
    ],
    [
      { roles: [role({ found: { value: undefined } })] },
      `execution role ${execution} does not exist`,
      "aws iam create-role --role-name burstlet-execution --assume-role-policy-document file://deploy/iam/ecs-tasks-trust.json, aws iam put-role-policy --role-name burstlet-execution --policy-name burstlet-execution --policy-document file://deploy/iam/execution-role.json",
    ],
    [
      { roles: [role({ arn: task, use: "task", found: { value: { trusts: false } } })] },
      `task role ${task} does not let`,
      "aws iam update-assume-role-policy --role-name burstlet-task",
    ],
    [
      { roles: [role({ use: "infrastructure", found: { value: { trusts: false } } })] },
      `infrastructure role ${execution} does not let ecs.amazonaws.com assume it`,
      "--policy-document file://deploy/iam/ecs-trust.json",
    ],
    [
      { roles: [role({ arn: "arn:aws:iam::210987654321:role/burstlet-execution" })] },
      "is of account 210987654321, but burstlet's credentials are of 123456789012",
      "aws iam get-role --role-name burstlet-execution",
    ],
    [{ roles: [role({ passable: { value: false } })] }, "may not pass execution role", "aws iam put-role-policy"],
    [
      { network: network([["subnet-1", "vpc-1"]], [["sg-1", "vpc-1"]]) },
      "subnet subnet-2 does not exist",
      "aws ec2 describe-subnets --region eu-central-1, and one of its ids in fargate.subnets",
    ],
    [
      { network: network(both, []) },
      "security group sg-1 does not exist",
      "aws ec2 describe-security-groups --region eu-central-1, and one of its ids in fargate.securityGroups",
    ],
    [
      { network: network(both, [["sg-1", "vpc-2"]]) },
      "security group sg-1 is in vpc-2, and the first subnet in vpc-1",
      "--filters Name=vpc-id,Values=vpc-1",
    ],
    [
      {
        network: network(
          [
            ["subnet-1", "vpc-1"],
            ["subnet-2", "vpc-9"],
          ],
          [["sg-1", "vpc-1"]],
        ),
      },
      "subnet subnet-2 is in vpc-9",
      "aws ec2 describe-subnets --filters Name=vpc-id,Values=vpc-1",
    ],
  ] as const)("%j", ([change, message, fix]) => {
    const [finding, ...others] = findingsOf({ ...well, ...(change as Partial<Facts>) }, config, false);
    expect(finding?.message).toContain(message);
    expect(finding?.fix).toContain(fix);
    expect(others).toEqual([]);
  });
});

test("bad credentials are the one finding, since every other answer would say the same", () => {
  const facts: Facts = { ...well, caller: trouble("ExpiredToken"), cluster: trouble("ExpiredToken") };
  expect(unknownsOf(facts)).toEqual([]);
  const findings = findingsOf(facts, config, false);
  expect(findings).toHaveLength(1);
  expect(findings[0]?.message).toContain("ExpiredToken: words");
  expect(findings[0]?.fix).toContain("aws sts get-caller-identity");
});

test("an execution role may be missing only where pods may name one", () => {
  const { executionRoleArn: _, ...without } = config;
  expect(findingsOf({ ...well, roles: [] }, without, false)[0]?.fix).toMatch(
    /put-role-policy .*execution-role\.json, .*fargate\.executionRoleArn/,
  );
  expect(findingsOf({ ...well, roles: [] }, without, true)).toEqual([]);
});

test("ECS Exec needs a task role, of the node, of a service account or of a pod that may name one", () => {
  const exec = { ...config, exec: true };
  expect(findingsOf(well, exec, false)).toMatchObject([{ fix: expect.stringContaining("task-role.json") }]);
  expect(findingsOf(well, exec, true)).toEqual([]);
  expect(findingsOf(well, { ...exec, taskRoleArn: task }, false)).toEqual([]);
  const serviceAccounts = [{ namespace: "a", name: "b", taskRoleArn: task }];
  expect(findingsOf(well, { ...exec, serviceAccounts }, false)).toEqual([]);
});

test("what nobody may look at is no finding and is told", () => {
  const denied = trouble("AccessDeniedException");
  const facts: Facts = {
    ...well,
    caller: denied,
    cluster: denied,
    logGroup: denied,
    network: denied,
    roles: [role({ found: denied, passable: denied })],
  };
  expect(findingsOf(facts, config, false)).toEqual([]);
  expect(unknownsOf(facts).map(({ what }) => what)).toEqual([
    "credentials",
    "ECS cluster",
    "log group",
    "subnets and security groups",
    `role ${execution}`,
    `the right to pass role ${execution}`,
  ]);
});
