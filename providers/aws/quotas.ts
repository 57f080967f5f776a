/**
 * What AWS allows an account in one region: published defaults, and the codes under which Service Quotas tells the account's
 * own. Pure. Defaults and codes: "Request throttling for the Amazon ECS API", "AWS Fargate throttling quotas", "Amazon ECS
 * endpoints and quotas" and "CloudWatch Logs quotas" of AWS's documentation, as of November 2026.
 */
import type { CallLimits } from "../../src/provider.ts";

/** A value by code, as Service Quotas has told it; empty when nobody may ask. */
export type Quotas = ReadonlyMap<string, number>;

/** A bucket of API calls, and the two codes of its quota: of what it holds, and of how fast it fills. */
interface Family extends CallLimits {
  readonly codes?: readonly [string, string];
}

/** Buckets of ECS. A call may take from several. */
export const ecsFamilies = {
  /** RunTask, StopTask and ExecuteCommand together ("cluster resource modify"). */
  cluster: { burst: 100, rate: 40, codes: ["L-C3AEE9D2", "L-3B4FAC68"] },
  /** RunTask on Fargate, on top of it: calls, whatever their count. Not adjustable. */
  runTask: { burst: 20, rate: 20 },
  /** On-demand launches: tasks. 25 + 5/s in some smaller regions, which the account's own quota tells. */
  onDemand: { burst: 100, rate: 20, codes: ["L-6BAD92DD", "L-551A4E9D"] },
  /** Launches on Spot, counted apart. */
  spot: { burst: 100, rate: 20, codes: ["L-F6E37E82", "L-FAA52651"] },
  /** DescribeTasks and ListTasks together. */
  readTasks: { burst: 100, rate: 20 },
  /** RegisterTaskDefinition and DeregisterTaskDefinition together. */
  writeDefinitions: { burst: 20, rate: 1, codes: ["L-1E6DEB89", "L-CDF9F16B"] },
  /** DescribeTaskDefinition and the lists of definitions together. */
  readDefinitions: { burst: 50, rate: 20 },
  /** DescribeClusters. */
  readCluster: { burst: 50, rate: 20 },
} as const satisfies Record<string, Family>;

export type EcsFamily = keyof typeof ecsFamilies;

/** vCPUs of the account's tasks of Fargate that may run at once. */
export const vcpuQuotas = {
  "on-demand": { code: "L-3032A538", standard: 6 },
  spot: { code: "L-36FBB829", standard: 6 },
} as const;

/** Whose quotas are read: both service codes of Service Quotas have some of the above. */
export const quotaServices = ["fargate", "ecs"] as const;

/**
 * What this account may do: its own quotas where they are known, the published ones otherwise. No source says which code
 * of a pair is the burst; a bucket never holds less than it gets in a second, so the greater one is.
 */
export function limitsOf(family: Family, quotas: Quotas): CallLimits {
  const values =
    family.codes?.map((code) => quotas.get(code)).filter((value) => value !== undefined && value > 0) ?? [];
  const [one, other] = values as number[];
  if (one === undefined || other === undefined) return { burst: family.burst, rate: family.rate };
  return { burst: Math.max(one, other), rate: Math.min(one, other) };
}

/**
 * Calls a second of Secrets Manager, as "AWS Secrets Manager quotas" has them; none is adjustable. `read`: GetSecretValue,
 * by whomever; ECS calls it once for each value that a task is given.
 */
export const secretsLimits = {
  write: { burst: 50, rate: 50 },
  remove: { burst: 50, rate: 50 },
  read: { burst: 10_000, rate: 10_000 },
  list: { burst: 100, rate: 100 },
} as const satisfies Record<string, CallLimits>;

/**
 * Calls a second of Parameter Store with its standard throughput, of the whole account: from memory of the page of Systems Manager's
 * quotas, and not verified. Where one is wrong AWS says so by a throttle answer, which slows the bucket. `read`: GetParameters too,
 * which ECS calls.
 */
export const parametersLimits = {
  write: { burst: 3, rate: 3 },
  remove: { burst: 3, rate: 3 },
  read: { burst: 40, rate: 40 },
  list: { burst: 3, rate: 3 },
} as const satisfies Record<string, CallLimits>;

/** Calls a second of CloudWatch Logs in this region; none of them is adjustable, and there is no burst. */
export function logsLimits(region: string): {
  readonly getLogEvents: CallLimits;
  readonly filterLogEvents: CallLimits;
} {
  const get = slowGet.has(region) ? 10 : region === "eu-west-3" ? 30 : 25;
  const filter = region === "us-east-1" ? 25 : slowFilter.has(region) ? 5 : 10;
  return { getLogEvents: { burst: get, rate: get }, filterLogEvents: { burst: filter, rate: filter } };
}

/** The documentation names more regions of both kinds than our source of it shows; a throttle answer slows those down. */
const slowGet: ReadonlySet<string> = new Set(["us-west-2", "eu-west-1", "eu-central-1"]);
const slowFilter: ReadonlySet<string> = new Set(["eu-central-1"]);
