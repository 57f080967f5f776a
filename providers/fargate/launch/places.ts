import type { Task } from "@aws-sdk/client-ecs";
import { LRUCache } from "lru-cache";
import type { Launch, TaskIdentity, TaskState } from "../../../src/provider.ts";
import { marketOf } from "../market.ts";
import type { FargateRequest, Place } from "../request.ts";
import { capacityUnavailable } from "../tasks/reasons.ts";

/** Places in which AWS has taken a task and then had no capacity for it: the pod's next attempt goes on after them. */
export interface Places {
  /** A task of this node, as ECS shows it. */
  seen(task: Task, state: TaskState): void;
  /** Where in the row of its places this attempt begins. */
  startOf(launch: Pick<Launch<FargateRequest>, "identity" | "request">): number;
}

/** Attempts of which this is remembered; one that is not begins at the first place again. */
const KEPT = 5_000;

/**
 * ECS tells of the task before as long as it remembers it, so that a restart of burstlet comes to the same place. Where it
 * does not, ECS answers the token with the task that it has started before.
 */
export function createPlaces(): Places {
  const lacking = new LRUCache<string, Partial<Place>>({ max: KEPT });
  return {
    seen(task, state) {
      if (hadNoCapacity(task, state)) lacking.set(keyOf(state.identity), whereOf(task));
    },
    startOf({ identity, request: { placement } }) {
      const before = lacking.get(keyOf({ ...identity, attempt: identity.attempt - 1 }));
      if (before === undefined) return 0;
      const { market, subnet = placement.places[0]?.subnet } = before;
      return placement.places.findIndex((place) => place.market === market && place.subnet === subnet) + 1;
    },
  };
}

/** Nothing of it has run: AWS found no place for it, or took the place back at once. */
function hadNoCapacity({ stopCode }: Task, { phase, reason, containers }: TaskState): boolean {
  const ran = containers.some(({ kind, state }) => kind === "main" && state.is !== "waiting");
  return phase === "stopped" && !ran && (reason === capacityUnavailable || stopCode === "SpotInterruption");
}

function whereOf(task: Task): Partial<Place> {
  const details = (task.attachments ?? []).flatMap((attachment) => attachment.details ?? []);
  const subnet = details.find(({ name }) => name === "subnetId")?.value;
  return { market: marketOf(task), ...(subnet !== undefined && { subnet }) };
}

const keyOf = ({ clusterUid, podUid, attempt }: TaskIdentity): string => `${clusterUid}/${podUid}/${attempt}`;
