import type { ContainerDefinition, TaskDefinition, Volume } from "@aws-sdk/client-ecs";
import { LRUCache } from "lru-cache";
import { type Log, ProviderError } from "../../../src/provider.ts";
import type { EcsClient } from "../client.ts";
import { labels, type TaskTemplate } from "../request.ts";

/** Task definitions, one for each template: a family named by the hash of its content, and in it one revision. */
export interface Definitions {
  /** The revision that holds this template, registered if there is none. Asked for many pods at once, ECS is asked once. */
  ensure(template: TaskTemplate): Promise<TaskDefinition>;
  /** ECS does not take the known revision any more: look again before the next launch. */
  forget(family: string): void;
}

/** Families of one node at once; a forgotten one costs one DescribeTaskDefinition. */
const KEPT = 1_000;

/**
 * Other writers of a family (another replica, another cluster of the account with the same template) are harmless: what
 * they register has the same content, and a launch names its revision.
 */
export function createDefinitions(
  client: Pick<EcsClient, "describeTaskDefinition" | "registerTaskDefinition">,
  log: Log,
): Definitions {
  const known = new LRUCache<string, Promise<TaskDefinition>>({ max: KEPT });

  const find = async (template: TaskTemplate): Promise<TaskDefinition | undefined> => {
    const found = await newestOf(client, template.family);
    if (found === undefined || holds(found, template)) return found;
    log.warn("task definition of this family is not what burstlet registers", {
      family: template.family,
      revision: found.revision,
      fix: "find out who else may call ecs:RegisterTaskDefinition on families bl-*; a revision of our own is used",
    });
    return undefined;
  };
  const findOrRegister = async (template: TaskTemplate): Promise<TaskDefinition> => {
    const present = await find(template);
    if (present !== undefined) return present;
    try {
      const { family, content } = template;
      const made = await client.registerTaskDefinition({ ...content, family });
      log.info("task definition registered", { family, revision: made.revision });
      return made;
    } catch (error) {
      if (!(error instanceof ProviderError) || error.kind !== "conflict") throw error;
      // "Too many concurrent attempts to create a new revision": somebody else is just doing it.
      const theirs = await find(template);
      if (theirs === undefined) throw error;
      return theirs;
    }
  };
  return {
    async ensure(template) {
      const present = known.get(template.family);
      if (present !== undefined) return present;
      const found = findOrRegister(template);
      known.set(template.family, found);
      found.catch(() => known.delete(template.family));
      return found;
    },
    forget: (family) => void known.delete(family),
  };
}

async function newestOf(
  client: Pick<EcsClient, "describeTaskDefinition">,
  family: string,
): Promise<TaskDefinition | undefined> {
  try {
    const found = await client.describeTaskDefinition(family);
    return found.status === undefined || found.status === "ACTIVE" ? found : undefined;
  } catch (error) {
    if (error instanceof ProviderError && error.kind === "notFound") return undefined;
    throw error;
  }
}

/**
 * Pure. The mark of the template, and with it what decides who runs what: whoever may register into a family of ours could
 * copy the mark, and pods would be launched from images or with roles of theirs.
 */
function holds(found: TaskDefinition, { family, content }: TaskTemplate): boolean {
  const isMarked = found.containerDefinitions?.some((one) => one.dockerLabels?.[labels.template] === family.slice(3));
  if (isMarked !== true) return false;
  if ((found.taskRoleArn ?? "") !== (content.taskRoleArn ?? "")) return false;
  if ((found.executionRoleArn ?? "") !== (content.executionRoleArn ?? "")) return false;
  if (!same(found.volumes?.map(whereOf), content.volumes?.map(whereOf))) return false;
  return same(found.containerDefinitions?.map(essence), content.containerDefinitions?.map(essence));
}

/** Whose data the programs would find. */
function whereOf({ name, efsVolumeConfiguration: efs, configuredAtLaunch }: Volume): string {
  const root = efs?.rootDirectory ?? "/";
  return JSON.stringify([
    name,
    efs?.fileSystemId,
    root,
    efs?.authorizationConfig?.accessPointId,
    configuredAtLaunch === true,
  ]);
}

function essence({ name, image, entryPoint, command, secrets, repositoryCredentials }: ContainerDefinition): string {
  const confided = (secrets ?? []).map((one) => `${one.name} ${one.valueFrom}`).toSorted();
  const login = repositoryCredentials?.credentialsParameter ?? "";
  return JSON.stringify([name, image, entryPoint ?? [], command ?? [], confided, login]);
}

function same(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted());
}
