import { NoSuchTask } from "../no-such-task.ts";
import { stateOf } from "./group/decide.ts";
import type { GroupLife } from "./group/life.ts";
import type { Surroundings } from "./group/surroundings.ts";
import type { Groups } from "./groups.ts";

/** What a test may do with container groups, by name or resource id. Throws NoSuchTask where there is none. */
export interface GroupControls {
  /** How many groups are in which state. */
  counts(): Readonly<Record<string, number>>;
  /** The capacity of a Spot group is taken away; it starts again elsewhere, unless it never restarts. */
  evict(group: string): void;
  /** The platform moves the group to another machine: its containers end with 7147, or with 7148 where there was no time. */
  restart(group: string, exitCode: 7147 | 7148): void;
  /** Lines that the present run of a container is said to have written just now. */
  print(group: string, container: string, lines: readonly string[]): void;
}

export function createGroupControls(groups: Groups, { clock }: Surroundings): GroupControls {
  const find = (name: string): GroupLife => {
    const life = groups.named(name);
    if (life === undefined) throw new NoSuchTask(`there is no container group ${name}`);
    return life;
  };
  return {
    counts() {
      const counts: Record<string, number> = {};
      for (const { record } of groups.visible) counts[stateOf(record)] = (counts[stateOf(record)] ?? 0) + 1;
      return counts;
    },
    evict: (name) => find(name).evict(),
    restart: (name, exitCode) => find(name).platform(exitCode),
    print(name, container, lines) {
      const found = find(name).record.containers.find((one) => one.name === container);
      if (found === undefined) throw new NoSuchTask(`group ${name} has no container ${container}`);
      for (const line of lines) found.printed.push({ time: clock.now(), line });
    },
  };
}
