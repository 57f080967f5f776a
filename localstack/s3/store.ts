import type { Clock } from "../../src/model/clock.ts";
import type { ScenarioBox } from "../scenario/box.ts";
import { ApiError } from "../server/service.ts";

export interface ObjectRecord {
  readonly key: string;
  readonly body: string;
  /** Wall milliseconds of the stand-in's clock. */
  readonly changedAt: number;
}

/** Objects of the scenario's buckets. Every method throws NoSuchBucket for another one. */
export interface ObjectStore {
  put(bucket: string, key: string, body: string): void;
  find(bucket: string, key: string): ObjectRecord | undefined;
  list(bucket: string, prefix: string): readonly ObjectRecord[];
  drop(bucket: string, key: string): void;
}

export function createObjectStore(clock: Clock, scenario: ScenarioBox): ObjectStore {
  const objects = new Map<string, Map<string, ObjectRecord>>();
  const within = (bucket: string): Map<string, ObjectRecord> => {
    if (!scenario.now.buckets.includes(bucket))
      throw new ApiError("NoSuchBucket", "The specified bucket does not exist", 404);
    const found = objects.get(bucket) ?? new Map<string, ObjectRecord>();
    objects.set(bucket, found);
    return found;
  };
  return {
    put: (bucket, key, body) => void within(bucket).set(key, { key, body, changedAt: clock.now() }),
    find: (bucket, key) => within(bucket).get(key),
    list: (bucket, prefix) =>
      [...within(bucket).values()]
        .filter(({ key }) => key.startsWith(prefix))
        .toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    drop: (bucket, key) => void within(bucket).delete(key),
  };
}
