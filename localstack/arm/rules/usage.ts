import { isOver } from "../group/decide.ts";
import type { GroupRecord } from "../group/record.ts";

/** What of a location's quotas is in use; `running`: vCPUs that machines are taken up by. */
export interface Usage {
  readonly ContainerGroups: number;
  readonly StandardCores: number;
  readonly StandardSpotCores: number;
  readonly running: number;
}

/** `ended`: whether groups that have stopped or ended count, a switch. Deleted ones do until they are gone. Pure. */
export function usageOf(groups: Iterable<GroupRecord>, location: string, ended: "counted" | "not counted"): Usage {
  const here = [...groups].filter((group) => group.location === location);
  const counted = here.filter((group) => ended === "counted" || !isOver(group));
  const cores = (of: readonly GroupRecord[], spot?: boolean): number =>
    of.reduce((sum, { size, input }) => {
      const isSpot = input.properties.priority === "Spot";
      return spot === undefined || spot === isSpot ? sum + size.cpu : sum;
    }, 0);
  return {
    ContainerGroups: counted.length,
    StandardCores: cores(counted, false),
    StandardSpotCores: cores(counted, true),
    running: cores(here.filter((group) => !isOver(group))),
  };
}
