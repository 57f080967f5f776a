import type { ScenarioBox } from "../scenario/box.ts";
import type { Subnet } from "../scenario/schema.ts";
import type { Gate } from "../server/gate.ts";
import { queryService } from "../server/query.ts";
import { ApiError, notSimulated, type Service } from "../server/service.ts";

const vpc = "vpc-0a1b2c3d";

/** EC2: the subnets and security groups of the scenario, all in one VPC. */
export function ec2Service(scenario: ScenarioBox, gate: Gate, requestId: () => string): Service {
  return queryService({
    name: "ec2",
    dialect: "ec2",
    namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
    gate,
    requestId,
    operations: {
      DescribeSubnets(form) {
        const { subnets, account, region } = scenario.now;
        const wanted = chosen(form, "SubnetId", subnets, ({ id }) => id, "InvalidSubnetID.NotFound", "subnet ID");
        return { subnetSet: wanted.map((subnet) => subnetPicture(subnet, account, region)) };
      },
      DescribeSecurityGroups(form) {
        const { securityGroups, account } = scenario.now;
        const wanted = chosen(form, "GroupId", securityGroups, (id) => id, "InvalidGroup.NotFound", "security group");
        return {
          securityGroupInfo: wanted.map((groupId) => {
            return { ownerId: account, groupId, groupName: groupId, groupDescription: "of the stand-in", vpcId: vpc };
          }),
        };
      },
    },
  });
}

/** Those named by `SubnetId.1`, `SubnetId.2` …; without such, all. Filters are not simulated. */
function chosen<Thing>(
  form: unknown,
  parameter: string,
  things: readonly Thing[],
  idOf: (thing: Thing) => string,
  code: string,
  what: string,
): readonly Thing[] {
  const entries = Object.entries(form as Readonly<Record<string, string>>);
  const filter = entries.find(([name]) => name.startsWith("Filter."));
  if (filter !== undefined) throw notSimulated(`filters of EC2 (${filter[0]})`);
  const ids = entries.filter(([name]) => name.startsWith(`${parameter}.`)).map(([, id]) => id);
  if (ids.length === 0) return things;
  return ids.map((id) => {
    const thing = things.find((one) => idOf(one) === id);
    if (thing === undefined) throw new ApiError(code, `The ${what} '${id}' does not exist`);
    return thing;
  });
}

function subnetPicture({ id, availabilityZone, cidr }: Subnet, account: string, region: string): object {
  return {
    subnetId: id,
    subnetArn: `arn:aws:ec2:${region}:${account}:subnet/${id}`,
    state: "available",
    vpcId: vpc,
    cidrBlock: cidr,
    availabilityZone,
    availableIpAddressCount: 4091,
    mapPublicIpOnLaunch: false,
    ownerId: account,
  };
}
