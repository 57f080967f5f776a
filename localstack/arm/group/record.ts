import type { ContainerInput, InitContainerInput } from "../input/container.ts";
import type { GroupInput } from "../input/group.ts";
import type { GroupPlace } from "../ids.ts";
import type { Size } from "../rules/sizes.ts";

/** Of the last operation on the group, and not of what runs in it. */
export type Provisioning =
  | "Pending"
  | "Creating"
  | "Updating"
  | "Repairing"
  | "Unhealthy"
  | "Failed"
  | "Succeeded"
  | "Deleting";

/** One run of a container, or its absence. Times are wall milliseconds of the stand-in's clock. */
export interface Run {
  readonly state: "Waiting" | "Running" | "Terminated";
  readonly startTime?: number | undefined;
  /** Absent where nobody knows it. */
  readonly exitCode?: number | undefined;
  readonly finishTime?: number | undefined;
  readonly detailStatus: string;
}

export interface GroupEvent {
  readonly name: string;
  readonly message: string;
  readonly type: "Normal" | "Warning";
  count: number;
  readonly firstTimestamp: number;
  lastTimestamp: number;
}

export interface ContainerRecord {
  readonly name: string;
  readonly isInit: boolean;
  readonly input: InitContainerInput["properties"] & Partial<ContainerInput["properties"]>;
  /** Runs before the present one, as Azure counts them. */
  restartCount: number;
  /** `undefined`: the answer has no instanceView of it yet. */
  current: Run | undefined;
  previous: Run | undefined;
  events: GroupEvent[];
  /** The nth run in the present deployment, from 0, as the runtime counts them. */
  instance: number;
  /** What a test has the present run say. */
  printed: { readonly time: number; readonly line: string }[];
  /** The end of that run has been told: the runtime repeats it with all other news. */
  over: boolean;
  /** Ends in a row, for the wait before the next run. */
  crashes: number;
}

/** A long-running operation, as its own address tells it. */
export interface OperationRecord {
  readonly id: string;
  readonly groupId: string;
  readonly location: string;
  readonly startTime: number;
  status: "Pending" | "Succeeded" | "Failed";
  error?: { readonly code: string; readonly message: string } | undefined;
}

/** All that Azure knows of one group. */
export interface GroupRecord extends GroupPlace {
  readonly id: string;
  /** 32 hexadecimal digits: under it the runtime knows the group, whose name may be given again. */
  readonly uid: string;
  readonly location: string;
  input: GroupInput;
  size: Size;
  tags: Readonly<Record<string, string>>;
  provisioning: Provisioning;
  /** Somebody has stopped it. */
  stopped: boolean;
  containers: ContainerRecord[];
  events: GroupEvent[];
  address: string | undefined;
  /** The nth time that it is run as a whole, from 1. */
  deployment: number;
  operation: OperationRecord;
  deleted: boolean;
}

export type GroupState = "Pending" | "Running" | "Stopped" | "Succeeded" | "Failed";

export function containersOf({ properties }: GroupInput): ContainerRecord[] {
  const fresh = (one: Pick<ContainerRecord, "name" | "isInit" | "input">): ContainerRecord => {
    const none = { current: undefined, previous: undefined, events: [], printed: [], over: false };
    return { ...one, ...none, restartCount: 0, instance: 0, crashes: 0 };
  };
  return [
    ...properties.initContainers.map(({ name, properties: input }) => fresh({ name, isInit: true, input })),
    ...properties.containers.map(({ name, properties: input }) => fresh({ name, isInit: false, input })),
  ];
}

/** The same event again is counted. */
export function addEvent(
  events: GroupEvent[],
  now: number,
  name: string,
  message: string,
  type: GroupEvent["type"] = "Normal",
): void {
  const known = events.find((event) => event.name === name && event.message === message);
  if (known === undefined) {
    events.push({ name, message, type, count: 1, firstTimestamp: now, lastTimestamp: now });
    return;
  }
  known.count += 1;
  known.lastTimestamp = now;
}
