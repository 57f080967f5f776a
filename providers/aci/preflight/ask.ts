/** Looks at everything that the node's configuration names in Azure. */
import { asProviderError, known, type Known, type ProviderError, valueOf } from "../../../src/provider.ts";
import type { Get } from "../arm/requests.ts";
import type { AciConfig } from "../config.ts";
import type { Facts, IdentityFacts, ProviderFacts, Subnet, SubnetFacts } from "./facts.ts";
import type { Permission } from "./rights.ts";

export interface AskOptions {
  readonly get: Get;
  readonly config: AciConfig;
  /** Object id of burstlet's identity in Azure, where its token tells. */
  readonly principal: () => Promise<string | undefined>;
}

/** Versions of the services beside container groups: their oldest that have all that is read. */
const versions = {
  subscription: "2022-12-01",
  resources: "2021-04-01",
  permissions: "2022-04-01",
  network: "2023-09-01",
  identity: "2023-01-31",
  groups: "2023-05-01",
} as const;

/** A dozen calls, once: the bucket of reads is `get`'s. Rejects only where Azure does not answer at all. */
export async function askFacts({ get, config, principal }: AskOptions): Promise<Facts> {
  const scope = `/subscriptions/${config.subscription}`;
  const group = `${scope}/resourceGroups/${config.resourceGroup}`;
  const ask = asking(get);
  const subscription = await ask(scope, versions.subscription, (body) => ({ state: textOf(body["state"]) }));
  const { trouble } = subscription;
  if (trouble !== undefined && silent.has(trouble.kind)) throw trouble;
  const provider = await ask(`${scope}/providers/Microsoft.ContainerInstance`, versions.resources, providerOf);
  const [found, rights, usages, subnets, identities, who] = await Promise.all([
    orMissing(ask(group, versions.resources, (body) => ({ state: textOf(partOf(body)["provisioningState"]) }))),
    askRights(ask, group),
    askUsages(ask, config, valueOf(provider)),
    Promise.all(subnetsOf(config).map(async (one) => askSubnet(ask, one))),
    Promise.all(identitiesOf(config).map(async (id) => askIdentity(ask, id))),
    // Without it the commands have a gap for it.
    principal().catch(() => undefined),
  ]);
  return { principal: who, subscription, group: found, provider, rights, usages, subnets, identities };
}

/** Kinds of trouble that say nothing of the set-up. */
const silent: ReadonlySet<ProviderError["kind"]> = new Set(["transient", "throttled", "unknown"]);

type Body = Readonly<Record<string, unknown>>;
type Ask = <T>(path: string, version: string, read: (body: Body) => T) => Promise<Known<T>>;

function asking(get: Get): Ask {
  return async (path, version, read) =>
    known(async () => read(bodyOf(await get(`${path}?api-version=${version}`))), asProviderError);
}

async function askRights(ask: Ask, scope: string): Promise<Known<readonly Permission[]>> {
  const path = `${scope}/providers/Microsoft.Authorization/permissions`;
  return ask(path, versions.permissions, (body) => listOf(body["value"]) as readonly Permission[]);
}

/** Nobody needs the quotas where the configuration says all, and nobody has any where the service is not registered. */
async function askUsages(ask: Ask, config: AciConfig, provider: ProviderFacts | undefined): Promise<Facts["usages"]> {
  const { capacity, subscription, locations } = config;
  if (capacity.vcpu !== undefined && capacity.pods !== undefined) return undefined;
  if (provider !== undefined && provider.state !== "Registered") return undefined;
  const path = `/subscriptions/${subscription}/providers/Microsoft.ContainerInstance/locations/${locations[0]}/usages`;
  return ask(path, versions.groups, () => true);
}

async function askSubnet(ask: Ask, { id, location }: Pick<SubnetFacts, "id" | "location">): Promise<SubnetFacts> {
  const network = id.slice(0, id.toLowerCase().lastIndexOf("/subnets/"));
  const [found, region, rights] = await Promise.all([
    orMissing(ask(id, versions.network, subnetOf)),
    orMissing(ask(network, versions.network, ({ location }) => textOf(location) && shortOf(String(location)))),
    askRights(ask, id),
  ]);
  return { id, location, found, region, rights };
}

async function askIdentity(ask: Ask, id: string): Promise<IdentityFacts> {
  const [found, rights] = await Promise.all([
    orMissing(ask(id, versions.identity, () => true as const)),
    askRights(ask, id),
  ]);
  return { id, found: found.trouble === undefined ? { value: found.value === true } : found, rights };
}

/** Every subnet once for each region that has it. */
function subnetsOf({ network, locations, subnets }: AciConfig): Pick<SubnetFacts, "id" | "location">[] {
  if (network !== "subnet") return [];
  return locations.flatMap((location) => {
    const id = subnets[location];
    return id === undefined ? [] : [{ id, location }];
  });
}

function identitiesOf({ identities, registries }: AciConfig): readonly string[] {
  return [...new Set([...identities, ...registries.map(({ identity }) => identity)])];
}

/** `undefined` for what does not exist, or whose resource group does not. */
async function orMissing<T>(asked: Promise<Known<T>>): Promise<Known<T | undefined>> {
  const found = await asked;
  const { trouble } = found;
  const isMissing = trouble?.kind === "notFound" || trouble?.reason === "ResourceGroupNotFound";
  return isMissing ? { value: undefined } : found;
}

function providerOf(body: Body): ProviderFacts {
  const types = listOf(body["resourceTypes"]).map(bodyOf);
  const groups = types.find(({ resourceType }) => resourceType === "containerGroups");
  return {
    state: textOf(body["registrationState"]),
    locations: listOf(groups?.["locations"]).map((name) => shortOf(String(name))),
  };
}

/** A subnet has one range, or a list of them. */
function subnetOf(body: Body): Subnet {
  const { addressPrefix, addressPrefixes, delegations, natGateway, routeTable } = partOf(body);
  const several = listOf(addressPrefixes);
  return {
    prefixes: (several.length > 0 ? several : [addressPrefix]).flatMap((one) => textOf(one) ?? []),
    delegations: listOf(delegations).flatMap((one) => textOf(partOf(bodyOf(one))["serviceName"]) ?? []),
    hasWayOut: isThere(natGateway) || isThere(routeTable),
  };
}

/** `westeurope` for `West Europe`. */
function shortOf(name: string): string {
  return name.toLowerCase().replaceAll(/\s/g, "");
}

function partOf(body: Body): Body {
  return bodyOf(body["properties"]);
}

function bodyOf(value: unknown): Body {
  return typeof value === "object" && value !== null ? (value as Body) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}
