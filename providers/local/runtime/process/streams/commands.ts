import type { Clock } from "../../../../../src/provider.ts";
import type { Place } from "../protocol.ts";
import { execGroup, type ExecGroup } from "./exec-group.ts";

/** What one client runs in containers, for the supervisor to end where the client cannot. */
export interface Commands {
  begin(name: string, place: Place): Place;
  end(name: string): void;
  /** The client has gone: nothing of what it runs is left. */
  abandon(): void;
}

export function openCommands(clock: Clock): Commands {
  const begun = new Map<string, ExecGroup>();
  return {
    begin(name, place) {
      begun.set(name, execGroup(place.groups, name));
      return place;
    },
    end: (name) => void begun.delete(name),
    abandon() {
      // Without its group a command that is just about to join it ends.
      for (const group of begun.values()) void group.kill(undefined, clock).then(group.leave);
      begun.clear();
    },
  };
}
