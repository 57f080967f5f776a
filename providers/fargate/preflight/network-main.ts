/** The process of `network.ts`: the one file that loads the client of EC2. Question on stdin, answer on stdout. */
import { json } from "node:stream/consumers";
import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import type { NetworkAnswer, NetworkQuestion, PlainError } from "./network.ts";

const { region, endpoint, credentials, subnets, groups } = (await json(process.stdin)) as NetworkQuestion;

const ec2 = new EC2Client({
  region,
  ...(endpoint !== undefined && { endpoint }),
  credentials: {
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    ...(credentials.sessionToken !== undefined && { sessionToken: credentials.sessionToken }),
  },
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
});

interface Thing {
  readonly id: string;
  readonly vpc: string;
}

async function answer(): Promise<NetworkAnswer> {
  try {
    const [foundSubnets, foundGroups] = await Promise.all([
      existing(subnets, async (SubnetIds) => {
        const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds }));
        return Subnets.map(({ SubnetId = "", VpcId = "" }) => ({ id: SubnetId, vpc: VpcId }));
      }),
      existing(groups, async (GroupIds) => {
        const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds }));
        return SecurityGroups.map(({ GroupId = "", VpcId = "" }) => ({ id: GroupId, vpc: VpcId }));
      }),
    ]);
    return { network: { subnets: inOrder(foundSubnets, subnets), groups: foundGroups } };
  } catch (error) {
    const { name, message, code, $fault, $metadata } = error as PlainError;
    return { error: { name, message, code, $fault, $metadata: { httpStatusCode: $metadata?.httpStatusCode } } };
  }
}

/** One missing id makes EC2 refuse the whole question; then each is asked for alone. */
async function existing(ids: readonly string[], ask: (ids: string[]) => Promise<Thing[]>): Promise<Thing[]> {
  if (ids.length === 0) return [];
  try {
    return await ask([...ids]);
  } catch (error) {
    if (!/^Invalid(SubnetID|Group|GroupId)\.(NotFound|Malformed)$/.test((error as Error).name)) throw error;
    if (ids.length === 1) return [];
    return (await Promise.all(ids.map(async (id) => existing([id], ask)))).flat();
  }
}

function inOrder(found: readonly Thing[], ids: readonly string[]): Thing[] {
  return found.toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
}

process.stdout.write(JSON.stringify(await answer()));
