/** Container groups of one resource group, as JSON of ours: the typed client drops fields, and polls after a PUT or DELETE. */
import { ProviderError, type ProviderErrorKind, sameIdentity, type TaskIdentity } from "../../../src/provider.ts";
import type { AciConfig } from "../config.ts";
import type { ContainerGroup } from "../groups/shapes.ts";
import { identityOf, type Owner } from "../names.ts";
import type { ArmBuckets } from "./buckets.ts";
import { asking, isNotFound, type Send } from "./requests.ts";

/** That of the typed client; all that is used is in it, and newer ones are supersets. */
export const apiVersion = "2023-05-01";

export interface GroupsClient {
  /**
   * Makes the group, or finds it made: a group of this name and identity is left as it is. Its errors are definite, but for
   * `unknown`: then nobody can tell whether there is a group now. `conflict`: the name is somebody else's.
   */
  create(name: string, identity: TaskIdentity, body: unknown, signal?: AbortSignal): Promise<ContainerGroup>;
  /** `undefined`: there is none. */
  read(name: string, signal?: AbortSignal): Promise<ContainerGroup | undefined>;
  /** Of this node, without states. */
  list(signal?: AbortSignal): Promise<readonly ContainerGroup[]>;
  /** Asks for its deletion, which may take a while. `gone`: there is none. */
  remove(name: string, signal?: AbortSignal): Promise<"going" | "gone">;
  /** Ends all containers of a group, which stays with what has become of them. No error where there is none. */
  stop(name: string, signal?: AbortSignal): Promise<void>;
}

/** What its groups are in. */
type Place = Pick<AciConfig, "subscription" | "resourceGroup">;

/** Of the groups of one resource group, from `/subscriptions` on; a group is its name further. */
export function groupsPath({ subscription, resourceGroup }: Place): string {
  return `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerInstance/containerGroups`;
}

interface Parts {
  readonly config: Place;
  readonly owner: Owner;
  readonly send: Send;
  readonly buckets: ArmBuckets;
}

export function createGroupsClient({ config, owner, send, buckets }: Parts): GroupsClient {
  const groups = groupsPath(config);
  const at = (name: string): string => `${groups}${name}?api-version=${apiVersion}`;

  const { ask, get, pages } = asking(send, buckets);
  const read: GroupsClient["read"] = async (name, signal) =>
    get(at(`/${name}`), signal).then(
      (body) => body as ContainerGroup,
      (error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      },
    );

  const found = async (name: string, identity: TaskIdentity, signal?: AbortSignal) => {
    const group = await read(name, signal);
    if (group === undefined) return undefined;
    const whose = identityOf(group.tags ?? undefined, owner);
    if (whose !== undefined && sameIdentity(whose, identity)) return group;
    throw new ProviderError("conflict", "GroupNameTaken", `container group ${name} exists and is not of this pod`);
  };

  return {
    read,
    async create(name, identity, body, signal) {
      const existing = await found(name, identity, signal);
      if (existing !== undefined) return existing;
      try {
        const put = { method: "PUT", path: at(`/${name}`), body } as const;
        const answer = await buckets.create(async () => ask(put, signal), signal);
        buckets.learn(answer.header);
        return answer.body as ContainerGroup;
      } catch (error) {
        if (!isDoubtful(error)) throw error;
        return afterDoubt(error, async () => found(name, identity, signal));
      }
    },
    async list(signal) {
      const all = (await pages(at(""), signal)) as ContainerGroup[];
      return all.filter(({ tags }) => identityOf(tags ?? undefined, owner) !== undefined);
    },
    async remove(name, signal) {
      const call = async () => ask({ method: "DELETE", path: at(`/${name}`) }, signal);
      const answer = await buckets.remove(call, signal).catch(unlessAbsent);
      return answer === undefined || answer.status === 204 ? "gone" : "going";
    },
    async stop(name, signal) {
      const call = async () => ask({ method: "POST", path: at(`/${name}/stop`) }, signal);
      await buckets.write(call, signal).catch(unlessAbsent);
    },
  };
}

function unlessAbsent(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

/** Azure has answered a PUT by 503 and made the group all the same; one in transition may be of a PUT at the same time. */
function isDoubtful(error: unknown): error is ProviderError {
  return error instanceof ProviderError && doubtful.has(error.kind);
}

const doubtful: ReadonlySet<ProviderErrorKind> = new Set(["unknown", "transient", "conflict"]);

/** The group that is there after all. While nobody can look, the doubt stays: `unknown`, and not what the PUT has said. */
async function afterDoubt(
  doubt: ProviderError,
  look: () => Promise<ContainerGroup | undefined>,
): Promise<ContainerGroup> {
  const group = await look().catch((error: unknown) => {
    if (error instanceof ProviderError && error.kind === "conflict") throw error;
    throw new ProviderError("unknown", doubt.reason, doubt.message, { cause: error });
  });
  if (group !== undefined) return group;
  throw doubt;
}
