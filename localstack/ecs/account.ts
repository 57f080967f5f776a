import type { Sessions } from "../ssm/sessions.ts";
import type { Clusters } from "./clusters.ts";
import type { Definitions } from "./definitions.ts";
import type { Surroundings } from "./task/surroundings.ts";
import type { Tasks } from "./tasks.ts";
import type { Tokens } from "./tokens.ts";

/** All that ECS keeps for an account, and what it lives in. */
export interface EcsAccount extends Surroundings {
  readonly clusters: Clusters;
  readonly definitions: Definitions;
  readonly sessions: Pick<Sessions, "start">;
  readonly tasks: Tasks;
  readonly tokens: Tokens;
}
