/** ARNs of ECS and what they say. */
export interface Place {
  readonly region: string;
  readonly account: string;
}

const base = ({ region, account }: Place): string => `arn:aws:ecs:${region}:${account}`;

export const clusterArn = (place: Place, name: string): string => `${base(place)}:cluster/${name}`;
export const taskArn = (place: Place, cluster: string, id: string): string => `${base(place)}:task/${cluster}/${id}`;
export const definitionArn = (place: Place, family: string, revision: number): string =>
  `${base(place)}:task-definition/${family}:${revision}`;

/** The last part of an ARN or of a short name: a cluster's name, a task's id, `family` or `family:revision`. */
export function shortName(nameOrArn: string): string {
  return nameOrArn.startsWith("arn:") ? (nameOrArn.split("/").at(-1) ?? "") : nameOrArn;
}

/** Seconds since 1970 with milliseconds, as awsJson1.1 writes a time. */
export const seconds = (ms: number): number => Math.round(ms) / 1000;

/** Of a task's machine. */
export const hostnameOf = (taskId: string): string => `ip-${taskId.slice(0, 8)}`;
