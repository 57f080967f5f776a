/** Translations under test: of pods as the API server hands them out, on a node of `config`. */
import { resolvedPod, type testNode, type World } from "../../../test/support/resolve-sources.ts";
import type { Grant, Pod, Translation } from "../../../src/provider.ts";
import { configSchema } from "../config.ts";
import type { AciRequest, ContainerBody } from "../request.ts";
import { supportRows } from "../support.ts";
import { translate } from "../translate.ts";
import { storage } from "./azure-files.ts";

const scope = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers";
export const identity = (name: string): string => `${scope}/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
export const subnet = (name: string): string => `${scope}/Microsoft.Network/virtualNetworks/v/subnets/${name}`;

export const least = { subscription: "00000000-0000-0000-0000-000000000001", locations: ["westeurope"] };

export const inSubnet = { network: "subnet", subnets: { westeurope: subnet("groups") } };

export interface Options {
  readonly config?: Record<string, unknown>;
  readonly grants?: readonly Grant[];
  readonly network?: "routed" | "none";
  readonly world?: World;
  readonly node?: Partial<typeof testNode> & { readonly clusterDNS?: readonly string[] };
}

export async function translated(pod: Pod, options: Options = {}): Promise<Translation<AciRequest>> {
  const config = configSchema.parse({ ...least, ...options.config });
  const { network = "none", grants = [], world, node } = options;
  const { readiness, security } = config;
  const rows = supportRows({ network, readiness, security, addresses: config.network });
  return translate(await resolvedPod(pod, world, { storage, ...node }), rows, { config, grants });
}

/** The request of a pod that must not be refused. */
export async function requestOf(pod: Pod, options: Options = {}): Promise<AciRequest> {
  const { request, refusals } = await translated(pod, options);
  if (request === undefined) throw new Error(refusals.map(({ path, sentence }) => `${path}: ${sentence}`).join("\n"));
  return request;
}

/** The properties of the group of a pod that must not be refused. */
export async function propertiesOf(pod: Pod, options: Options = {}): Promise<AciRequest["group"]["properties"]> {
  return (await requestOf(pod, options)).group.properties;
}

/** `path: sentence` of each. */
export async function refusalsOf(pod: Pod, options: Options = {}): Promise<string[]> {
  return (await translated(pod, options)).refusals.map(({ path, sentence }) => `${path}: ${sentence}`);
}

/** The properties of the container `main`. */
export async function mainOf(pod: Pod, options: Options = {}): Promise<ContainerBody["properties"]> {
  const main = (await propertiesOf(pod, options)).containers.find(({ name }) => name === "main");
  if (main === undefined) throw new Error("no container main");
  return main.properties;
}
