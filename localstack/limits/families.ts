import type { BucketSize } from "./bucket.ts";

/**
 * Families of calls that share a bucket for each account and region, as AWS publishes them (ECS: request-throttling of
 * the developer guide and throttling-quotas of Fargate; logs: cloudwatch_limits_cwl).
 */
export interface Family {
  readonly name: string;
  /** `ecs:RunTask`; one call may be of several families. */
  readonly calls: readonly string[];
  readonly size: BucketSize;
  /** Codes of the quotas that say burst and rate, where there are such. */
  readonly quotas?: { readonly burst?: string; readonly rate?: string };
}

const ecs = (...names: readonly string[]): readonly string[] => names.map((name) => `ecs:${name}`);

const ecsFamilies: readonly Family[] = [
  {
    name: "task definition modify",
    calls: ecs("RegisterTaskDefinition", "DeregisterTaskDefinition"),
    size: { burst: 20, rate: 1 },
    quotas: { burst: "L-1E6DEB89", rate: "L-CDF9F16B" },
  },
  { name: "task definition delete", calls: ecs("DeleteTaskDefinitions"), size: { burst: 5, rate: 1 } },
  {
    name: "task definition read",
    calls: ecs("DescribeTaskDefinition", "ListTaskDefinitions"),
    size: { burst: 50, rate: 20 },
  },
  {
    name: "cluster resource modify",
    calls: ecs("RunTask", "StopTask", "ExecuteCommand"),
    size: { burst: 100, rate: 40 },
    quotas: { burst: "L-C3AEE9D2", rate: "L-3B4FAC68" },
  },
  { name: "RunTask on Fargate", calls: ecs("RunTask"), size: { burst: 20, rate: 20 } },
  {
    name: "cluster resource read",
    calls: ecs("DescribeTasks", "ListTasks"),
    size: { burst: 100, rate: 20 },
    quotas: { rate: "L-80627E8A" },
  },
  // Of clusters the table says 50 / 20 for reading and 25 / 1 for changes (from memory).
  { name: "cluster modify", calls: ecs("CreateCluster", "PutClusterCapacityProviders"), size: { burst: 25, rate: 1 } },
  { name: "cluster read", calls: ecs("DescribeClusters"), size: { burst: 50, rate: 20 } },
  { name: "tag modify", calls: ecs("TagResource"), size: { burst: 20, rate: 10 } },
  { name: "tag read", calls: ecs("ListTagsForResource"), size: { burst: 50, rate: 20 } },
];

/** Secrets Manager (quotas of its user guide): calls a second, of which none is adjustable. */
const secrets = (rate: number, ...names: readonly string[]): Family => {
  const calls = names.map((name) => `secretsmanager:${name}`);
  return { name: `secrets ${names.join(", ")}`, calls, size: { burst: rate, rate } };
};

const secretFamilies: readonly Family[] = [
  secrets(50, "CreateSecret"),
  secrets(50, "DeleteSecret"),
  secrets(50, "PutSecretValue", "UpdateSecret"),
  secrets(50, "TagResource", "UntagResource"),
  secrets(100, "ListSecrets"),
  secrets(10_000, "GetSecretValue"),
  secrets(40_000, "DescribeSecret"),
];

/** Parameter Store with its standard throughput, of the whole account: from memory. */
const parameterFamilies: readonly Family[] = [
  { name: "parameters, changes", calls: ["ssm:PutParameter", "ssm:DeleteParameter"], size: { burst: 10, rate: 5 } },
  { name: "parameters, values", calls: ["ssm:GetParameter", "ssm:GetParameters"], size: { burst: 40, rate: 40 } },
  { name: "parameters, lists", calls: ["ssm:DescribeParameters"], size: { burst: 10, rate: 5 } },
];

const slow = ["us-west-2", "eu-west-1", "eu-central-1"];

/** CloudWatch Logs: calls a second, not adjustable, different by region. */
function logFamilies(region: string): readonly Family[] {
  const get = slow.includes(region) ? 10 : region === "eu-west-3" ? 30 : 25;
  const filter = region === "us-east-1" ? 25 : region === "eu-central-1" ? 5 : 10;
  const family = (operation: string, rate: number): Family => {
    return { name: operation, calls: [`logs:${operation}`], size: { burst: rate, rate } };
  };
  return [
    family("GetLogEvents", get),
    family("FilterLogEvents", filter),
    family("DescribeLogStreams", 25),
    // 10 of each a second (from memory).
    family("DescribeLogGroups", 10),
    family("CreateLogGroup", 10),
  ];
}

/** Lambda: fixed; every other call that is none of Invoke shares one bucket (Lambda quotas). Of bursts nothing is said. */
const lambdaFamilies: readonly Family[] = [
  { name: "GetFunction", calls: ["lambda:GetFunction"], size: { burst: 100, rate: 100 } },
  {
    name: "rest of the control plane",
    calls: [
      "lambda:GetFunctionConfiguration",
      "lambda:GetFunctionConcurrency",
      "lambda:GetFunctionEventInvokeConfig",
      "lambda:GetAccountSettings",
    ],
    size: { burst: 15, rate: 15 },
  },
  // Of durable executions no page was found that says their rates: they have the same bucket as above, each family its own.
  {
    name: "durable executions",
    calls: [
      "lambda:GetDurableExecution",
      "lambda:GetDurableExecutionHistory",
      "lambda:ListDurableExecutionsByFunction",
      "lambda:StopDurableExecution",
    ],
    size: { burst: 15, rate: 15 },
  },
];

export function familiesOf(region: string): readonly Family[] {
  return [...ecsFamilies, ...secretFamilies, ...parameterFamilies, ...logFamilies(region), ...lambdaFamilies];
}
