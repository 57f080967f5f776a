import type { Clock } from "../../src/model/clock.ts";
import type { ScenarioBox } from "../scenario/box.ts";
import { ApiError } from "../server/service.ts";
import type { RegisterInput, TaskDefinition } from "./input/definition.ts";
import type { Tag } from "./input/tags.ts";
import { definitionArn, seconds, shortName } from "./names.ts";

export interface KnownDefinition {
  definition: TaskDefinition;
  tags: readonly Tag[];
}

/** Task definitions by family and revision. */
export interface Definitions {
  readonly all: Iterable<KnownDefinition>;
  /** Takes the scenario's time; a second one of the family meanwhile is refused, as on AWS. */
  register(input: RegisterInput): Promise<KnownDefinition>;
  /** By ARN, `family:revision`, or the newest active of `family`. */
  find(nameOrArn: string): KnownDefinition | undefined;
  remove(known: KnownDefinition): void;
}

export function createDefinitions(clock: Clock, scenario: ScenarioBox): Definitions {
  const known = new Map<string, KnownDefinition>();
  const revisions = new Map<string, number>();
  const registering = new Set<string>();
  return {
    get all() {
      return known.values();
    },
    async register({ tags, ...input }) {
      if (registering.has(input.family)) {
        throw new ApiError(
          "ClientException",
          "Too many concurrent attempts to create a new revision of the specified family.",
        );
      }
      registering.add(input.family);
      try {
        const { register } = scenario.now.times;
        if (register > 0) await clock.sleep(register * 1000);
      } finally {
        registering.delete(input.family);
      }
      const revision = (revisions.get(input.family) ?? 0) + 1;
      revisions.set(input.family, revision);
      const { region, account } = scenario.now;
      const definition: TaskDefinition = {
        ...input,
        taskDefinitionArn: definitionArn({ region, account }, input.family, revision),
        revision,
        status: "ACTIVE",
        requiresAttributes: [{ name: "ecs.capability.task-eni" }],
        compatibilities: ["EC2", "FARGATE"],
        registeredAt: seconds(clock.now()),
        registeredBy: `arn:aws:iam::${account}:user/burstlet`,
      };
      const entry = { definition, tags };
      known.set(`${input.family}:${revision}`, entry);
      return entry;
    },
    find(nameOrArn) {
      const name = shortName(nameOrArn);
      if (name.includes(":")) return known.get(name);
      for (let revision = revisions.get(name) ?? 0; revision > 0; revision--) {
        const entry = known.get(`${name}:${revision}`);
        if (entry?.definition.status === "ACTIVE") return entry;
      }
      return undefined;
    },
    remove: ({ definition }) => void known.delete(`${definition.family}:${definition.revision}`),
  };
}
