/** What is wrong with the set-up in Azure, each with the command that mends it. Pure. */
import { type Finding, type ProviderError, type Unknown, unknownsIn, valueOf } from "../../../src/provider.ts";
import type { Facts, IdentityFacts, ProviderFacts, SetUp } from "./facts.ts";
import { assign, lackingFindings, type Principal } from "./fix.ts";
import { assignAction, featureActions, groupActions, lacking, usageAction } from "./rights.ts";
import { subnetFindings, subnetNotes } from "./subnets.ts";

/** Errors about the credentials themselves, for which every other answer would be the same. */
const aboutCredentials: ReadonlySet<string> = new Set([
  "AuthenticationFailed",
  "CredentialUnavailable",
  "ExpiredAuthenticationToken",
  "InvalidAuthenticationToken",
]);

/** A subscription that the credentials do not know; also where it is of another tenant. */
const aboutSubscription: ReadonlySet<string> = new Set([
  "InvalidAuthenticationTokenTenant",
  "InvalidSubscriptionId",
  "SubscriptionNotFound",
]);

/** In which nothing can be created (Azure's page on states of subscriptions). */
const dead: ReadonlySet<string> = new Set(["Disabled", "Deleted", "Expired"]);

export function findingsOf(facts: Facts, config: SetUp): readonly Finding[] {
  return (
    wholeFinding(facts, config) ?? [
      ...stateFindings(facts, config),
      ...groupFindings(facts, config),
      ...providerFindings(facts, config),
      ...rightsFindings(facts, config),
      ...subnetFindings(facts, config),
      ...facts.identities.flatMap((identity) => identityFindings(identity, facts.principal)),
    ]
  );
}

/** What does not keep pods from running: told, and no more. */
export function notesOf(facts: Facts, config: SetUp): readonly Finding[] {
  if (wholeFinding(facts, config) !== undefined) return [];
  const rights = valueOf(facts.group) === undefined ? undefined : valueOf(facts.rights);
  const features = rights === undefined ? [] : lacking(rights, Object.keys(featureActions));
  return [
    ...features.map((action) => ({
      message: `${featureActions[action]} does not work: burstlet lacks the right ${action}`,
      fix: assign("groups", facts.principal, groupScope(config)),
    })),
    ...statsNotes(facts, config),
    ...quotaNotes(facts, config),
    ...subnetNotes(facts),
  ];
}

/** What could not be looked at. */
export function unknownsOf(facts: Facts, config: SetUp): readonly Unknown[] {
  if (wholeFinding(facts, config) !== undefined) return [];
  return unknownsIn([
    ["subscription", facts.subscription],
    ["resource group", facts.group],
    ["resource provider Microsoft.ContainerInstance", facts.provider],
    ["rights in the resource group", facts.rights],
    ...(facts.usages === undefined || isDenied(facts.usages.trouble) ? [] : [["quotas", facts.usages] as const]),
    ...facts.subnets.flatMap(({ id, found, region, rights }) => [
      [`subnet ${id}`, found] as const,
      [`region of subnet ${id}`, region] as const,
      [`rights on subnet ${id}`, rights] as const,
    ]),
    ...facts.identities.flatMap(({ id, found, rights }) => [
      [`identity ${id}`, found] as const,
      [`rights on identity ${id}`, rights] as const,
    ]),
  ]);
}

/** The one finding that makes all others idle. */
function wholeFinding({ subscription, principal }: Facts, config: SetUp): Finding[] | undefined {
  const { trouble } = subscription;
  if (trouble === undefined) return undefined;
  if (aboutCredentials.has(trouble.reason)) {
    return [
      {
        message: `Azure does not take the credentials: ${trouble.message}`,
        fix: "az account get-access-token, run with burstlet's credentials, until it prints a token; deploy/azure/README.md says how to give it some",
      },
    ];
  }
  if (!aboutSubscription.has(trouble.reason)) return undefined;
  const scope = `/subscriptions/${config.subscription}`;
  return [
    {
      message: `burstlet's credentials know no subscription ${config.subscription}: ${trouble.message}`,
      fix: `az account list --query "[].id" --output tsv, run with burstlet's credentials, and one of them as aci.subscription; or ${assign("subscription", principal, scope)}`,
    },
  ];
}

function stateFindings({ subscription }: Facts, config: SetUp): Finding[] {
  const state = valueOf(subscription)?.state;
  if (state === undefined || !dead.has(state)) return [];
  return [
    {
      message: `subscription ${config.subscription} is ${state}: nothing can be created in it`,
      fix: `az account subscription enable --subscription-id ${config.subscription}`,
    },
  ];
}

function groupFindings({ group, provider }: Facts, { subscription, resourceGroup, locations }: SetUp): Finding[] {
  if (group.trouble !== undefined) return [];
  const state = group.value?.state;
  if (group.value !== undefined && state !== "Deleting") return [];
  const wait = `az group wait --deleted --name ${resourceGroup} --subscription ${subscription} && `;
  return [
    {
      message: `resource group ${resourceGroup} ${state === undefined ? "does not exist" : "is being deleted"}`,
      fix: `${state === undefined ? "" : wait}az group create --name ${resourceGroup} --location ${regionFor(locations, valueOf(provider))} --subscription ${subscription}`,
    },
  ];
}

/** Regions that are named where there are many. */
const mostRegions = 12;

/** The first one that Azure has: a group of resources in no region would be the next mistake. */
function regionFor(wanted: readonly string[], provider: ProviderFacts | undefined): string | undefined {
  const there = provider?.locations ?? [];
  return wanted.find((name) => there.includes(name)) ?? there[0] ?? wanted[0];
}

function providerFindings({ provider }: Facts, { subscription, locations }: SetUp): Finding[] {
  const found = valueOf(provider);
  if (found === undefined) return [];
  const far = found.locations.length === 0 ? [] : locations.filter((name) => !found.locations.includes(name));
  const all = found.locations.toSorted();
  const more = all.length > mostRegions ? ` and ${all.length - mostRegions} more` : "";
  return [
    ...(found.state === "Registered"
      ? []
      : [
          {
            message: `resource provider Microsoft.ContainerInstance is ${found.state ?? "NotRegistered"} in subscription ${subscription}`,
            fix: `az provider register --namespace Microsoft.ContainerInstance --wait --subscription ${subscription}`,
          },
        ]),
    ...far.map((name) => ({
      message: `Azure has no container groups in region ${name}, but in ${all.slice(0, mostRegions).join(", ")}${more}`,
      fix: `az provider show --namespace Microsoft.ContainerInstance --query "resourceTypes[?resourceType=='containerGroups'].locations[]" --output tsv, and one of these in aci.locations`,
    })),
  ];
}

function rightsFindings(facts: Facts, config: SetUp): Finding[] {
  const { principal, group } = facts;
  if (group.trouble === undefined && group.value === undefined) return [];
  const where = `resource group ${config.resourceGroup}`;
  return lackingFindings(where, valueOf(facts.rights), groupActions, {
    role: "groups",
    principal,
    scope: groupScope(config),
  });
}

/** Also where groups have the extension: those that have none are Azure Monitor's. */
function statsNotes({ group, rights, principal }: Facts, config: SetUp): Finding[] {
  const known = valueOf(group) === undefined ? undefined : valueOf(rights);
  if (!config.stats || known === undefined || lacking(known, [usageAction]).length === 0) return [];
  const message = `Azure Monitor tells no usage of pods: burstlet lacks the right ${usageAction}`;
  return [{ message, fix: assign("usage", principal, groupScope(config)) }];
}

/** Then the node promises what Azure gives everybody by default. */
function quotaNotes({ usages, principal }: Facts, { subscription }: SetUp): Finding[] {
  if (!isDenied(usages?.trouble)) return [];
  const fix = `${assign("subscription", principal, `/subscriptions/${subscription}`)}; or aci.capacity with vcpu and pods`;
  const message = `burstlet may not read the quotas of subscription ${subscription} (Microsoft.ContainerInstance/locations/usages/read): the node promises Azure's defaults`;
  return [{ message, fix }];
}

function isDenied(trouble: ProviderError | undefined): boolean {
  return trouble?.reason === "AuthorizationFailed";
}

function identityFindings({ id, found, rights }: IdentityFacts, principal: Principal): Finding[] {
  if (valueOf(found) === false) {
    const [, subscription = "", , group = "", , , , name = ""] = id.split("/").slice(1);
    return [
      {
        message: `managed identity ${id} does not exist`,
        fix: `az identity create --name ${name} --resource-group ${group} --subscription ${subscription}`,
      },
    ];
  }
  return lackingFindings(`managed identity ${id}`, valueOf(rights), [assignAction], {
    role: "uses",
    principal,
    scope: id,
  });
}

function groupScope({ subscription, resourceGroup }: SetUp): string {
  return `/subscriptions/${subscription}/resourceGroups/${resourceGroup}`;
}
