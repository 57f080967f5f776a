/** What else there is in a subscription, as far as somebody looks at it before groups are made. */
import type { ArmAnswer, Work } from "../account.ts";
import { armError } from "../errors.ts";
import { sameName } from "../ids.ts";

export const getSubscription: Work = ({ scenario }) => {
  const { subscription, tenant, state } = scenario.now.azure;
  return {
    status: 200,
    body: {
      id: `/subscriptions/${subscription}`,
      subscriptionId: subscription,
      tenantId: tenant,
      displayName: "stand-in",
      state,
      authorizationSource: "RoleBased",
    },
  };
};

/** Names that people see, of the regions that a scenario has by default; others are told as they are. */
const regionNames: Readonly<Record<string, string>> = {
  westeurope: "West Europe",
  northeurope: "North Europe",
  eastus: "East US",
};

export const getProvider: Work = ({ scenario }, { path: { subscription } }) => {
  const { registered, locations } = scenario.now.azure;
  const names = Object.keys(locations).map((location) => regionNames[location] ?? location);
  return {
    status: 200,
    body: {
      id: `/subscriptions/${subscription}/providers/Microsoft.ContainerInstance`,
      namespace: "Microsoft.ContainerInstance",
      registrationState: registered ? "Registered" : "NotRegistered",
      registrationPolicy: "RegistrationRequired",
      resourceTypes: [{ resourceType: "containerGroups", locations: names, apiVersions: ["2023-05-01"] }],
    },
  };
};

export const getResourceGroup: Work = (_, { path: { subscription, resourceGroup: name } }) => {
  return {
    status: 200,
    body: {
      id: `/subscriptions/${subscription}/resourceGroups/${name}`,
      name,
      type: "Microsoft.Resources/resourceGroups",
      location: "westeurope",
      properties: { provisioningState: "Succeeded" },
    },
  };
};

/** The caller's role has every right but those that the scenario denies, whatever the scope. */
export const getPermissions: Work = ({ scenario }) => {
  const permission = { actions: ["*"], notActions: scenario.now.azure.denied, dataActions: [], notDataActions: [] };
  return { status: 200, body: { value: [permission] } };
};

export const getSubnet: Work = ({ scenario }, { path }) => {
  const { subnets } = scenario.now.azure;
  const id = `${networkId(path)}/subnets/${path["subnet"]}`;
  const subnet = subnets.find((one) => sameName(one.id, id));
  if (subnet === undefined) return notThere(id);
  const service = "Microsoft.ContainerInstance/containerGroups";
  const delegation = { name: "groups", id: `${id}/delegations/groups`, properties: { serviceName: service } };
  return {
    status: 200,
    body: {
      id: subnet.id,
      name: path["subnet"],
      type: "Microsoft.Network/virtualNetworks/subnets",
      properties: {
        provisioningState: "Succeeded",
        addressPrefix: subnet.addressPrefix,
        delegations: subnet.delegated ? [delegation] : [],
        ...(subnet.natGateway && { natGateway: { id: id.replace(/virtualNetworks\/.*/i, "natGateways/way-out") } }),
      },
    },
  };
};

export const getNetwork: Work = ({ scenario }, { path }) => {
  const id = networkId(path);
  const inside = scenario.now.azure.subnets.filter((one) => sameName(one.id.replace(/\/subnets\/[^/]+$/i, ""), id));
  const [first] = inside;
  if (first === undefined) return notThere(id);
  return {
    status: 200,
    body: {
      id,
      name: path["network"],
      type: "Microsoft.Network/virtualNetworks",
      location: first.location,
      properties: { provisioningState: "Succeeded", subnets: inside.map((one) => ({ id: one.id })) },
    },
  };
};

export const getIdentity: Work = ({ scenario }, { path }) => {
  const { tenant, identities } = scenario.now.azure;
  const { subscription, otherGroup, identity } = path;
  const id = `/subscriptions/${subscription}/resourceGroups/${otherGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${identity}`;
  if (!identities.some((one) => sameName(one, id))) return notThere(id);
  const type = "Microsoft.ManagedIdentity/userAssignedIdentities";
  return { status: 200, body: { id, name: identity, type, location: "westeurope", properties: { tenantId: tenant } } };
};

function networkId({ subscription, otherGroup, network }: Readonly<Record<string, string>>): string {
  return `/subscriptions/${subscription}/resourceGroups/${otherGroup}/providers/Microsoft.Network/virtualNetworks/${network}`;
}

function notThere(id: string): ArmAnswer {
  const message = `The Resource '${id.split("/providers/")[1]}' under resource group '${id.split("/")[4]}' was not found.`;
  throw armError(404, "ResourceNotFound", message);
}
