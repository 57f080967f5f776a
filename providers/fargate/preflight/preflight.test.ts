import { afterEach, describe, expect, test } from "vitest";
import { ProviderError, type ProviderErrorKind } from "../../../src/provider.ts";
import { silentLog } from "../../../test/support/silent-log.ts";
import { configSchema, type FargateConfig } from "../config.ts";
import { closeAll, credentials, type FakeAws, openClient, opened, startFakeAws } from "../testing.ts";
import type { AskOptions } from "./ask.ts";
import type { Network } from "./findings.ts";
import { askNetwork } from "./network.ts";
import { createPreflight } from "./preflight.ts";

afterEach(closeAll);

const roleArn = "arn:aws:iam::123456789012:role/burstlet-execution";
const config = configSchema.parse({
  subnets: ["subnet-1", "subnet-2"],
  securityGroups: ["sg-1"],
  executionRoleArn: roleArn,
});
const xml = (raw: string) => ({ raw });
const queryError = (code: string, status = 403) => ({
  raw: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${code} it is</Message></Error></ErrorResponse>`,
  status,
});
const ec2Error = (code: string) => ({
  raw: `<Response><Errors><Error><Code>${code}</Code><Message>The ID does not exist</Message></Error></Errors><RequestID>r</RequestID></Response>`,
  status: 400,
});
const trust = (service: string) =>
  encodeURIComponent(JSON.stringify({ Statement: [{ Effect: "Allow", Principal: { Service: service } }] }));

/** An account in which everything is as it should be. */
const account: FakeAws["on"] = {
  GetCallerIdentity: () =>
    xml(
      "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/burstlet/i-1</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
    ),
  DescribeClusters: () => ({ clusters: [{ clusterName: "burstlet", status: "ACTIVE" }] }),
  DescribeLogGroups: () => ({ logGroups: [{ logGroupName: "/burstlet" }] }),
  GetRole: ({ RoleName }) =>
    xml(
      `<GetRoleResponse><GetRoleResult><Role><RoleName>${RoleName}</RoleName><Arn>arn:aws:iam::123456789012:role/deep/${RoleName}</Arn><AssumeRolePolicyDocument>${trust("ecs-tasks.amazonaws.com")}</AssumeRolePolicyDocument></Role></GetRoleResult></GetRoleResponse>`,
    ),
  SimulatePrincipalPolicy: () =>
    xml(
      "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults><member><EvalActionName>iam:PassRole</EvalActionName><EvalDecision>allowed</EvalDecision></member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>",
    ),
};

function things(input: Record<string, string>, key: string, present: readonly string[], set: string, id: string) {
  const asked = Object.entries(input).flatMap(([name, value]) => (name.startsWith(`${key}.`) ? [value] : []));
  if (asked.some((one) => !present.includes(one)))
    return ec2Error(key === "SubnetId" ? "InvalidSubnetID.NotFound" : "InvalidGroup.NotFound");
  const items = asked.map((one) => `<item><${id}>${one}</${id}><vpcId>vpc-1</vpcId></item>`).join("");
  return xml(`<R><${set}>${items}</${set}></R>`);
}

const allThere = (): Network => ({
  subnets: [
    { id: "subnet-1", vpc: "vpc-1" },
    { id: "subnet-2", vpc: "vpc-1" },
  ],
  groups: [{ id: "sg-1", vpc: "vpc-1" }],
});

async function open(
  change: FakeAws["on"] = {},
  network = allThere,
  more: Partial<FargateConfig> = {},
  queue?: AskOptions["queue"],
) {
  const { aws, client } = await openClient({ ...account, ...change });
  const told: string[] = [];
  const preflight = createPreflight({
    connection: { region: "eu-central-1", endpoint: aws.url, credentials, maxAttempts: 1 },
    ecs: client,
    queue,
    region: "eu-central-1",
    config: { ...config, ...more },
    mayNameRoles: false,
    askNetwork: async () => network(),
    log: { ...silentLog, info: (_message, fields) => void told.push(String((fields as { what?: string }).what)) },
  });
  return { aws, preflight, told };
}

describe("preflight", () => {
  test("of a set-up that is right finds nothing, and simulates the role behind the session", async () => {
    const { aws, preflight, told } = await open();
    await expect(preflight()).resolves.toEqual([]);
    expect(told).toEqual([]);
    const simulated = aws.calls.find(({ operation }) => operation === "SimulatePrincipalPolicy");
    expect(simulated?.input).toMatchObject({
      PolicySourceArn: "arn:aws:iam::123456789012:role/deep/burstlet",
      "ResourceArns.member.1": roleArn,
    });
  });

  test("finds everything that is missing, at once", async () => {
    const { preflight } = await open(
      {
        DescribeClusters: () => ({ clusters: [], failures: [{ reason: "MISSING" }] }),
        DescribeLogGroups: () => ({ logGroups: [{ logGroupName: "/burstlet-other" }] }),
        GetRole: ({ RoleName }) =>
          RoleName === "burstlet" ? queryError("AccessDenied") : queryError("NoSuchEntity", 404),
      },
      () => ({ subnets: [{ id: "subnet-1", vpc: "vpc-1" }], groups: [] }),
    );
    expect((await preflight()).map(({ message }) => message)).toEqual([
      "ECS cluster burstlet does not exist in eu-central-1",
      "log group /burstlet does not exist in eu-central-1",
      `execution role ${roleArn} does not exist`,
      "subnet subnet-2 does not exist in eu-central-1",
      "security group sg-1 does not exist in eu-central-1",
    ]);
  });

  test("finds a role that ECS may not assume, and one that may not be passed", async () => {
    const { preflight } = await open({
      GetRole: ({ RoleName }) =>
        xml(
          `<R><GetRoleResult><Role><RoleName>${RoleName}</RoleName><Arn>a</Arn><AssumeRolePolicyDocument>${trust("ec2.amazonaws.com")}</AssumeRolePolicyDocument></Role></GetRoleResult></R>`,
        ),
      SimulatePrincipalPolicy: () =>
        xml(
          "<R><SimulatePrincipalPolicyResult><EvaluationResults><member><EvalDecision>implicitDeny</EvalDecision></member></EvaluationResults></SimulatePrincipalPolicyResult></R>",
        ),
    });
    const messages = (await preflight()).map(({ message }) => message);
    expect(messages[0]).toContain("does not let ecs-tasks.amazonaws.com assume it");
    expect(messages[1]).toContain("iam:PassRole");
  });

  test("asks of the role for volumes whether ECS itself may assume it and have it passed", async () => {
    const asked: string[] = [];
    const { preflight } = await open(
      {
        SimulatePrincipalPolicy: (input: Record<string, string>) => {
          asked.push(input["ContextEntries.member.1.ContextKeyValues.member.1"] ?? "");
          return xml(
            "<R><SimulatePrincipalPolicyResult><EvaluationResults><member><EvalDecision>allowed</EvalDecision></member></EvaluationResults></SimulatePrincipalPolicyResult></R>",
          );
        },
      },
      allThere,
      { infrastructureRoleArn: "arn:aws:iam::123456789012:role/burstlet-infrastructure" },
    );
    const messages = (await preflight()).map(({ message }) => message);
    expect(messages).toEqual([expect.stringContaining("does not let ecs.amazonaws.com assume it")]);
    expect(asked.toSorted()).toEqual(["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"]);
  });

  test("without the right to look tells in the log, once, and finds nothing", async () => {
    const denied = () => ({ error: "AccessDeniedException", message: "no" });
    const { preflight, told } = await open(
      {
        GetCallerIdentity: () => queryError("AccessDenied"),
        DescribeClusters: denied,
        DescribeLogGroups: denied,
        GetRole: () => queryError("AccessDenied"),
        SimulatePrincipalPolicy: () => queryError("AccessDenied"),
      },
      () => {
        throw new ProviderError("denied", "UnauthorizedOperation", "no");
      },
    );
    await expect(preflight()).resolves.toEqual([]);
    await expect(preflight()).resolves.toEqual([]);
    expect(told).toHaveLength(6);
  });

  test("with credentials that AWS does not take finds that alone", async () => {
    const { preflight } = await open({ GetCallerIdentity: () => queryError("InvalidClientTokenId") });
    const findings = await preflight();
    expect(findings).toHaveLength(1);
    expect(findings[0]?.message).toContain("InvalidClientTokenId it is");
  });

  test("of a cloud that does not answer rejects, and is no finding", async () => {
    const { aws, preflight } = await open();
    await aws.close();
    await expect(preflight()).rejects.toMatchObject({ reason: "CloudUnreachable" });
  });
});

describe("preflight of the queue of events", () => {
  const url = "https://sqs.eu-central-1.amazonaws.com/123456789012/burstlet-events";
  const policyOf = (service: string) => JSON.stringify({ Statement: [{ Principal: { Service: service } }] });
  const there = {
    policy: async () => policyOf("events.amazonaws.com"),
    tryToReceive: async () => undefined,
  };
  const refused = (kind: ProviderErrorKind, reason: string) => async (): Promise<never> => {
    throw new ProviderError(kind, reason, "no");
  };
  const ask = async (change: Partial<typeof there>) => {
    const { preflight, told } = await open({}, allThere, {}, { url, ...there, ...change });
    return { found: await preflight(), told };
  };

  test("of one that EventBridge may write into and burstlet may read finds nothing", async () => {
    expect(await ask({})).toEqual({ found: [], told: [] });
  });

  test("of one that there is not tells how to make it", async () => {
    const gone = refused("notFound", "QueueDoesNotExist");
    const { found } = await ask({ policy: gone, tryToReceive: gone });
    expect(found).toEqual([
      {
        message: `queue ${url} of fargate.events does not exist in eu-central-1`,
        fix: "sed 's/:burstlet-events/:burstlet-events/' deploy/iam/events-queue.json > queue.json && aws sqs create-queue --queue-name burstlet-events --attributes file://queue.json --region eu-central-1",
      },
    ]);
  });

  test("of one that burstlet may not read names the right and its document", async () => {
    const { found } = await ask({ tryToReceive: refused("denied", "AccessDenied") });
    expect(found).toEqual([
      {
        message: `burstlet may not read queue ${url} of fargate.events (sqs:ReceiveMessage)`,
        fix: expect.stringContaining("deploy/iam/controller.json") as string,
      },
    ]);
  });

  test("of one whose attributes may not be looked at tells so in the log, and believes", async () => {
    const { found, told } = await ask({ policy: refused("denied", "AccessDenied") });
    expect([found, told]).toEqual([[], ["policy of the events' queue"]]);
  });
});

describe("the network, asked in a process of its own", () => {
  async function ask(on: FakeAws["on"], subnets: readonly string[], groups: readonly string[]): Promise<Network> {
    const aws = await startFakeAws(on);
    opened.push(aws);
    return askNetwork({ region: "eu-central-1", endpoint: aws.url, credentials, subnets, groups });
  }
  const present: FakeAws["on"] = {
    DescribeSubnets: (input) => things(input, "SubnetId", ["subnet-1", "subnet-2"], "subnetSet", "subnetId"),
    DescribeSecurityGroups: (input) => things(input, "GroupId", ["sg-1"], "securityGroupInfo", "groupId"),
  };

  test("has of what was asked for that which exists, in the order of the asking", async () => {
    await expect(ask(present, ["subnet-2", "subnet-9", "subnet-1"], ["sg-9", "sg-1"])).resolves.toEqual({
      subnets: [
        { id: "subnet-2", vpc: "vpc-1" },
        { id: "subnet-1", vpc: "vpc-1" },
      ],
      groups: [{ id: "sg-1", vpc: "vpc-1" }],
    });
  });

  test("rejects with what AWS's error means", async () => {
    const denied = { DescribeSubnets: () => ec2Error("UnauthorizedOperation") };
    await expect(ask(denied, ["subnet-1"], [])).rejects.toMatchObject({
      kind: "denied",
      reason: "UnauthorizedOperation",
    });
  });
});
