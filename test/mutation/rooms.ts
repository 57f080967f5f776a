/** The rooms whose files only decide: a mutant there that no test notices is a decision that nobody has pinned down. */
export const rooms = ["src/status", "src/pods/plan", "src/resolve"] as const;

/** The environment variable by which the configurations of Stryker and vitest learn the room. */
export const roomVariable = "BURSTLET_MUTATION_ROOM";

/** What a run leaves for the next one; git and the tools that read the tree ignore it. */
export function cacheOf(room: string): string {
  return `.cache/mutation/${room.replaceAll("/", "-")}`;
}
