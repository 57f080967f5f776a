import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { GetServiceQuotaCommand, ListServiceQuotasCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { openWorld } from "../testing.ts";

test("STS tells who one is", async () => {
  await using world = await openWorld({ account: "210987654321" });
  const identity = await new STSClient(world.config).send(new GetCallerIdentityCommand({}));
  expect(identity).toMatchObject({ Account: "210987654321", Arn: "arn:aws:iam::210987654321:user/burstlet" });
});

test("IAM knows the roles of the scenario and no others", async () => {
  await using world = await openWorld({ roles: ["r+d"] });
  const iam = new IAMClient(world.config);
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: "r+d" }));
  expect(Role).toMatchObject({ Arn: "arn:aws:iam::123456789012:role/r+d", CreateDate: expect.any(Date) as Date });
  expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "")).toContain("ecs-tasks.amazonaws.com");
  await expect(iam.send(new GetRoleCommand({ RoleName: "x" }))).rejects.toThrow(
    expect.objectContaining({ name: "NoSuchEntityException", message: "The role with name x cannot be found." }),
  );
});

test("IAM lets everybody pass the roles of the scenario, by simulation", async () => {
  await using world = await openWorld({ roles: ["a"] });
  const simulation = new SimulatePrincipalPolicyCommand({
    PolicySourceArn: "arn:aws:iam::123456789012:user/burstlet",
    ActionNames: ["iam:PassRole"],
    ResourceArns: ["arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/b"],
  });
  const { EvaluationResults } = await new IAMClient(world.config).send(simulation);
  expect(EvaluationResults?.map(({ EvalDecision }) => EvalDecision)).toEqual(["allowed", "implicitDeny"]);
});

test("a role that the caller may not pass is denied by the simulation, and by RunTask", async () => {
  const secret = "arn:aws:iam::123456789012:role/secret";
  await using world = await openWorld({ roles: ["burstlet-execution", "secret"], unpassable: ["secret"] });
  const { EvaluationResults } = await new IAMClient(world.config).send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: "arn:aws:iam::123456789012:user/burstlet",
      ActionNames: ["iam:PassRole"],
      ResourceArns: ["arn:aws:iam::123456789012:role/burstlet-execution", secret],
    }),
  );
  expect(EvaluationResults?.map(({ EvalDecision }) => EvalDecision)).toEqual(["allowed", "implicitDeny"]);
  await expect(world.run({ taskRoleArn: secret })).rejects.toThrow(
    expect.objectContaining({
      name: "AccessDeniedException",
      message: expect.stringContaining("iam:PassRole") as string,
    }),
  );
});

test("EC2 knows the subnets and security groups of the scenario and no others", async () => {
  await using world = await openWorld();
  const ec2 = new EC2Client(world.config);
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: ["subnet-1a2b3c4d"] }));
  expect(Subnets).toEqual([
    expect.objectContaining({ SubnetId: "subnet-1a2b3c4d", AvailabilityZone: "us-east-1b", State: "available" }),
  ]);
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({}));
  expect(SecurityGroups).toEqual([expect.objectContaining({ GroupId: "sg-0a1b2c3d", VpcId: Subnets?.[0]?.VpcId })]);
  await expect(ec2.send(new DescribeSubnetsCommand({ SubnetIds: ["subnet-9"] }))).rejects.toThrow(
    expect.objectContaining({ name: "InvalidSubnetID.NotFound", message: "The subnet ID 'subnet-9' does not exist" }),
  );
  await expect(ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: ["sg-9"] }))).rejects.toThrow(
    expect.objectContaining({ name: "InvalidGroup.NotFound" }),
  );
});

test("Service Quotas tells AWS's defaults, or what the scenario says, page by page", async () => {
  await using world = await openWorld({ quotas: { "L-551A4E9D": 5 } });
  const quotas = new ServiceQuotasClient(world.config);
  const value = async (ServiceCode: string, QuotaCode: string) =>
    (await quotas.send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }))).Quota?.Value;
  expect(await value("fargate", "L-3032A538")).toBe(6);
  expect(await value("fargate", "L-551A4E9D")).toBe(5);
  await expect(value("ecs", "L-00000000")).rejects.toThrow(
    expect.objectContaining({ name: "NoSuchResourceException" }),
  );
  const first = await quotas.send(new ListServiceQuotasCommand({ ServiceCode: "ecs", MaxResults: 3 }));
  const second = await quotas.send(
    new ListServiceQuotasCommand({ ServiceCode: "ecs", MaxResults: 3, NextToken: first.NextToken }),
  );
  expect([first.Quotas?.length, second.Quotas?.length, second.NextToken]).toEqual([3, 2, undefined]);
});
