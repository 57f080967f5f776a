/**
 * Quotas that burstlet may ask for, with AWS's defaults (general/latest/gr/ecs-service and lambda-service). Which code
 * of a pair is the burst and which the rate is from the order in which that page names them: to verify on real AWS.
 */
export interface Quota {
  readonly code: string;
  readonly service: "ecs" | "fargate" | "lambda";
  readonly name: string;
  readonly value: number;
  readonly adjustable: boolean;
}

const fargate = (code: string, name: string, value: number): Quota => {
  return { code, service: "fargate", name, value, adjustable: true };
};
const ecs = (code: string, name: string, value: number): Quota => {
  return { code, service: "ecs", name, value, adjustable: true };
};

export const quotas: readonly Quota[] = [
  fargate("L-3032A538", "Fargate On-Demand vCPU resource count", 6),
  fargate("L-36FBB829", "Fargate Spot vCPU resource count", 6),
  fargate("L-551A4E9D", "On-Demand task and pod launch rate, sustained", 20),
  fargate("L-6BAD92DD", "On-Demand task and pod launch rate, burst", 100),
  fargate("L-FAA52651", "Spot task launch rate, sustained", 20),
  fargate("L-F6E37E82", "Spot task launch rate, burst", 100),
  ecs("L-1E6DEB89", "Task definition modify requests, burst", 20),
  ecs("L-CDF9F16B", "Task definition modify requests, sustained", 1),
  ecs("L-C3AEE9D2", "Cluster resource modify requests, burst", 100),
  ecs("L-3B4FAC68", "Cluster resource modify requests, sustained", 40),
  ecs("L-80627E8A", "Cluster resource read requests, sustained", 20),
  { code: "L-B99A9384", service: "lambda", name: "Concurrent executions", value: 1_000, adjustable: true },
];

/** The scenario's value of a quota, or AWS's. */
export function quotaValue(given: Readonly<Record<string, number>>, code: string): number {
  return given[code] ?? quotas.find((quota) => quota.code === code)?.value ?? 0;
}
