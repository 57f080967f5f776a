/**
 * What Azure tells of a container group, as far as it is read. Every field may be missing or null: answers of PUT, GET and
 * list differ, and recorded ones leave out what their types promise.
 */
import type { Tags } from "../names.ts";

type Maybe<T> = T | null | undefined;

export interface ContainerGroup {
  readonly id?: Maybe<string>;
  readonly name?: Maybe<string>;
  readonly location?: Maybe<string>;
  readonly tags?: Maybe<Tags>;
  readonly properties?: Maybe<{
    readonly provisioningState?: Maybe<string>;
    readonly restartPolicy?: Maybe<string>;
    /** `Standard`, `Confidential`; absent: Standard. */
    readonly sku?: Maybe<string>;
    /** `Regular`, `Spot`; absent: Regular. */
    readonly priority?: Maybe<string>;
    readonly containers?: Maybe<readonly GroupContainer[]>;
    readonly initContainers?: Maybe<readonly GroupContainer[]>;
    readonly ipAddress?: Maybe<{ readonly ip?: Maybe<string> }>;
    readonly extensions?: Maybe<readonly GroupExtension[]>;
    /** Not in the answers of a list. */
    readonly instanceView?: Maybe<{ readonly state?: Maybe<string>; readonly events?: Maybe<readonly GroupEvent[]> }>;
  }>;
}

export interface GroupExtension {
  readonly properties?: Maybe<{ readonly extensionType?: Maybe<string> }>;
}

export interface GroupContainer {
  readonly name?: Maybe<string>;
  readonly properties?: Maybe<{
    readonly image?: Maybe<string>;
    readonly resources?: Maybe<{
      readonly requests?: Maybe<{ readonly cpu?: Maybe<number>; readonly memoryInGB?: Maybe<number> }>;
    }>;
    /** Not in the answer of a PUT, nor of a list. */
    readonly instanceView?: Maybe<ContainerView>;
  }>;
}

export interface ContainerView {
  /** Runs of this container before the present one. */
  readonly restartCount?: Maybe<number>;
  readonly currentState?: Maybe<RunView>;
  readonly previousState?: Maybe<RunView>;
  readonly events?: Maybe<readonly GroupEvent[]>;
}

export interface RunView {
  /** `Waiting`, `Running`, `Terminated`. */
  readonly state?: Maybe<string>;
  /** Also of what waits, where it is not when anything began. */
  readonly startTime?: Maybe<string>;
  readonly exitCode?: Maybe<number>;
  readonly finishTime?: Maybe<string>;
  readonly detailStatus?: Maybe<string>;
}

export interface GroupEvent {
  readonly name?: Maybe<string>;
  readonly message?: Maybe<string>;
  /** `Normal` also of what went wrong: not to be relied on. */
  readonly type?: Maybe<string>;
  readonly firstTimestamp?: Maybe<string>;
  readonly lastTimestamp?: Maybe<string>;
}
