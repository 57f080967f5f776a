/** Container groups of one resource group, over whatever sends a request to Azure Resource Manager. */
import { ProviderError, sameIdentity, type TaskIdentity } from "../../../src/provider.ts";
import type { AciConfig } from "../config.ts";
import type { ContainerGroup } from "../groups/shapes.ts";
import { identityOf, type Owner } from "../names.ts";
import type { ArmBuckets } from "./buckets.ts";
import { armError, unanswered } from "./errors.ts";
import type { Usages } from "./usages.ts";

/** All that is used is in it; newer ones are supersets. */
const apiVersion = "2023-05-01";

export interface ArmRequest {
  readonly method: "GET" | "PUT" | "DELETE";
  /** From `/subscriptions` on, with its query. */
  readonly path: string;
  readonly body?: unknown;
}

export interface ArmAnswer {
  readonly status: number;
  /** By name in small letters. */
  header(name: string): string | undefined;
  /** JSON as it came; text where it is none. */
  readonly body: unknown;
}

/** One request, and never a second one: a PUT that is repeated starts a group's containers again. Rejects without an answer. */
export type Send = (request: ArmRequest, signal?: AbortSignal) => Promise<ArmAnswer>;

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
  /** Asks for its end, which takes a while. No error where there is none. */
  remove(name: string, signal?: AbortSignal): Promise<void>;
  usages(location: string, signal?: AbortSignal): Promise<Usages>;
}

interface Parts {
  readonly config: Pick<AciConfig, "subscription" | "resourceGroup">;
  readonly owner: Owner;
  readonly send: Send;
  readonly buckets: ArmBuckets;
}

export function createGroupsClient({ config, owner, send, buckets }: Parts): GroupsClient {
  const provider = "providers/Microsoft.ContainerInstance";
  const subscription = `/subscriptions/${config.subscription}`;
  const groups = `${subscription}/resourceGroups/${config.resourceGroup}/${provider}/containerGroups`;
  const versioned = (path: string): string => `${path}?api-version=${apiVersion}`;
  const at = (name: string): string => versioned(`${groups}/${name}`);

  const { ask, get } = asking(send, buckets);
  const read: GroupsClient["read"] = async (name, signal) =>
    get(at(name), signal).then(
      (body) => body as ContainerGroup,
      (error: unknown) => {
        if (error instanceof ProviderError && error.kind === "notFound") return undefined;
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
        const put = { method: "PUT", path: at(name), body } as const;
        const answer = await buckets.create(async () => ask(put, signal), signal);
        buckets.learn(answer.header);
        return answer.body as ContainerGroup;
      } catch (error) {
        if (!isDoubtful(error)) throw error;
        return afterDoubt(error, async () => found(name, identity, signal));
      }
    },
    async list(signal) {
      const all: ContainerGroup[] = [];
      for (let path: string | undefined = versioned(groups); path !== undefined;) {
        const page = (await get(path, signal)) as { value?: readonly ContainerGroup[]; nextLink?: string | null };
        all.push(...(page.value ?? []));
        path = typeof page.nextLink === "string" && page.nextLink !== "" ? pathOf(page.nextLink) : undefined;
      }
      return all.filter(({ tags }) => identityOf(tags ?? undefined, owner) !== undefined);
    },
    async remove(name, signal) {
      const call = async () => ask({ method: "DELETE", path: at(name) }, signal);
      await buckets.remove(call, signal).catch((error: unknown) => {
        if (!(error instanceof ProviderError && error.kind === "notFound")) throw error;
      });
    },
    async usages(location, signal) {
      return (await get(versioned(`${subscription}/${provider}/locations/${location}/usages`), signal)) as Usages;
    },
  };
}

/** The answer, if it is one of success; else what is wrong. `get`: the body of one. */
function asking(send: Send, buckets: ArmBuckets) {
  const ask = async (request: ArmRequest, signal?: AbortSignal): Promise<ArmAnswer> => {
    const answer = await send(request, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw unanswered(error);
    });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw armError(answer);
  };
  const get = async (path: string, signal?: AbortSignal): Promise<unknown> =>
    (await buckets.read(async () => ask({ method: "GET", path }, signal), signal)).body;
  return { ask, get };
}

/** Azure has answered a PUT by 503 and made the group all the same. */
function isDoubtful(error: unknown): error is ProviderError {
  return error instanceof ProviderError && (error.kind === "unknown" || error.kind === "transient");
}

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

/** The next page, of the service that was asked: whatever host the link names gets no token. */
function pathOf(link: string): string {
  const { pathname, search } = new URL(link, "https://management.azure.com");
  return `${pathname}${search}`;
}
