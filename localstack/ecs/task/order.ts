import type { ContainerKind } from "../../../src/model/task-state.ts";
import type { ContainerDefinition } from "../input/container-definition.ts";

type Ordered = Pick<ContainerDefinition, "name" | "dependsOn">;

export interface Place {
  readonly name: string;
  readonly kind: ContainerKind;
  /** What comes later waits until this one is healthy. */
  readonly awaitsHealth: boolean;
}

/**
 * dependsOn as the row that a runtime follows: what somebody waits for the end of is an init container; what can start
 * before such a one, or what somebody waits for the start of, is a sidecar; the rest starts together at the end. Each
 * stands as early as it may, so that nothing waits for what it does not depend on. The definition has no circle.
 */
export function rowOf(containers: readonly Ordered[]): readonly Place[] {
  const conditions = new Map<string, Set<string>>();
  for (const { dependsOn = [] } of containers) {
    for (const { containerName, condition } of dependsOn) {
      conditions.set(containerName, (conditions.get(containerName) ?? new Set()).add(condition));
    }
  }
  const isInit = (name: string): boolean => ["SUCCESS", "COMPLETE"].some((end) => conditions.get(name)?.has(end));
  const row: string[] = [];
  let waiting = [...containers];
  while (waiting.length > 0) {
    const ready = waiting.filter(({ dependsOn = [] }) =>
      dependsOn.every(({ containerName }) => row.includes(containerName)),
    );
    const next = ready.find(({ name }) => !isInit(name)) ?? ready[0];
    if (next === undefined) throw new Error("the containers depend on each other in a circle");
    row.push(next.name);
    waiting = waiting.filter(({ name }) => name !== next.name);
  }
  const lastInit = row.findLastIndex(isInit);
  return row.map((name, index) => {
    const awaited = conditions.get(name);
    const kind = isInit(name) ? "init" : index < lastInit || awaited !== undefined ? "sidecar" : "main";
    return { name, kind, awaitsHealth: kind === "sidecar" && awaited?.has("HEALTHY") === true };
  });
}
