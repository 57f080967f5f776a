/** What is wrong with the subnets of container groups (Azure's page on their virtual networks). Pure. */
import { type Finding, valueOf } from "../../../src/provider.ts";
import type { Facts, SetUp, Subnet, SubnetFacts } from "./facts.ts";
import { lackingFindings, type Principal } from "./fix.ts";
import { joinAction } from "./rights.ts";

const service = "Microsoft.ContainerInstance/containerGroups";

/** Bits of the longest mask: a smaller subnet leaves groups waiting (Azure's support page on that state). */
const longestMask = 24;

export function subnetFindings({ subnets, principal }: Facts, config: SetUp): readonly Finding[] {
  return subnets.flatMap((subnet) => {
    const stray = strayFinding(subnet, config);
    if (stray !== undefined) return [stray];
    return [...shapeFindings(subnet), ...regionFindings(subnet), ...joinFindings(subnet, principal)];
  });
}

/** A route table may lead to a firewall, and a subnet may be without a way out on purpose. */
export function subnetNotes({ subnets }: Facts): readonly Finding[] {
  return subnets
    .filter(({ found }) => valueOf(found)?.hasWayOut === false)
    .map(({ id }) => ({
      message: `subnet ${id} has neither a NAT gateway nor a route table: groups in it reach nothing outside, public registries neither`,
      fix: `az network vnet subnet update --ids ${id} --nat-gateway <one of its region; az network nat gateway create makes one>`,
    }));
}

function strayFinding({ id, location }: SubnetFacts, { subscription }: SetUp): Finding | undefined {
  if (partsOf(id).subscription.toLowerCase() === subscription.toLowerCase()) return undefined;
  return {
    message: `subnet ${id} is of another subscription than the groups, which are in ${subscription}`,
    fix: `az network vnet list --subscription ${subscription} --query "[?location=='${location}'].subnets[].id" --output tsv, and one of these as aci.subnets.${location}`,
  };
}

function shapeFindings({ id, found }: SubnetFacts): Finding[] {
  if (found.trouble !== undefined) return [];
  const { subscription, group, network, name } = partsOf(id);
  if (found.value === undefined) {
    return [
      {
        message: `subnet ${id} does not exist`,
        fix: `az network vnet subnet create --subscription ${subscription} --resource-group ${group} --vnet-name ${network} --name ${name} --address-prefixes <a range of /24 or more> --delegations ${service}`,
      },
    ];
  }
  return [
    ...(found.value.delegations.some((one) => one.toLowerCase() === service.toLowerCase())
      ? []
      : [
          {
            message: `subnet ${id} is not delegated to ${service}`,
            fix: `az network vnet subnet update --ids ${id} --delegations ${service}`,
          },
        ]),
    ...(isSmall(found.value)
      ? [
          {
            message: `subnet ${id} has ${found.value.prefixes.join(" and ")}, and container groups want a /24 at least`,
            fix: `az network vnet subnet update --ids ${id} --address-prefixes <a range of /24 or more>`,
          },
        ]
      : []),
  ];
}

/** By its ranges of IPv4; without one that is told it is not judged. */
function isSmall({ prefixes }: Subnet): boolean {
  const masks = prefixes.flatMap((prefix) => {
    const [address = "", bits = ""] = prefix.split("/");
    return address.includes(".") && /^\d+$/.test(bits) ? [Number(bits)] : [];
  });
  return masks.length > 0 && masks.every((bits) => bits > longestMask);
}

function regionFindings({ id, location, region }: SubnetFacts): Finding[] {
  const real = valueOf(region);
  if (real === undefined || real === location) return [];
  return [
    {
      message: `subnet ${id} is in ${real}, and aci.subnets gives it to ${location}`,
      fix: `az network vnet list --query "[?location=='${location}'].subnets[].id" --output tsv, and one of these as aci.subnets.${location}`,
    },
  ];
}

function joinFindings({ id, found, rights }: SubnetFacts, principal: Principal): Finding[] {
  if (found.trouble === undefined && found.value === undefined) return [];
  return lackingFindings(`subnet ${id}`, valueOf(rights), [joinAction], { role: "uses", principal, scope: id });
}

function partsOf(id: string) {
  const [, subscription = "", , group = "", , , , network = "", , name = ""] = id.split("/").slice(1);
  return { subscription, group, network, name };
}
