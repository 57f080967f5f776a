import type { TaskIdentity } from "./identity.ts";

/** Numbers that are not known are left out, never 0. */
export interface TaskStats {
  readonly identity: TaskIdentity;
  /** Of the whole task, since its start. */
  readonly network?: { readonly rxBytes: number; readonly txBytes: number } | undefined;
  readonly containers: readonly {
    readonly name: string;
    /** When the numbers were read, milliseconds since 1970. */
    readonly time: number;
    readonly startedAt: number;
    /** Monotonic within one run of the container. */
    readonly cpuSeconds: number;
    /** The working set: what counts against the limit. */
    readonly memoryBytes: number;
    readonly rssBytes?: number | undefined;
    /** What the container wrote to its root file system, and what its logs take. */
    readonly diskBytes?: number | undefined;
    readonly logBytes?: number | undefined;
  }[];
}
