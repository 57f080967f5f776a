/** What roles in Azure allow or deny, for all that the stand-in can be asked. Names: Azure's page on the monitoring of container groups and azure-aci's. */
const groups = "Microsoft.ContainerInstance/containerGroups";
const locations = "Microsoft.ContainerInstance/locations";
const resources = "Microsoft.Resources/subscriptions";
const network = "Microsoft.Network/virtualNetworks";
const identities = "Microsoft.ManagedIdentity/userAssignedIdentities";

export const azureActions = {
  readGroups: `${groups}/read`,
  writeGroups: `${groups}/write`,
  deleteGroups: `${groups}/delete`,
  startGroups: `${groups}/start/action`,
  stopGroups: `${groups}/stop/action`,
  restartGroups: `${groups}/restart/action`,
  readLogs: `${groups}/containers/logs/read`,
  execute: `${groups}/containers/exec/action`,
  attach: `${groups}/containers/attach/action`,
  readUsages: `${locations}/usages/read`,
  readCapabilities: `${locations}/capabilities/read`,
  readOperations: `${locations}/operations/read`,
  readMetrics: "Microsoft.Insights/metrics/read",
  readSubscription: `${resources}/read`,
  readProvider: `${resources}/providers/read`,
  readResourceGroup: `${resources}/resourceGroups/read`,
  readRights: "Microsoft.Authorization/permissions/read",
  readNetwork: `${network}/read`,
  readSubnet: `${network}/subnets/read`,
  joinSubnet: `${network}/subnets/join/action`,
  readIdentity: `${identities}/read`,
  assignIdentity: `${identities}/assign/action`,
} as const;

/** Azure takes names of actions in any case. */
export function isAzureAction(name: string): boolean {
  return Object.values(azureActions).some((one) => one.toLowerCase() === name.toLowerCase());
}
