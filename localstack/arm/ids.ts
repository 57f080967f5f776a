/** Resource ids of Azure. */
export interface GroupPlace {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly name: string;
}

export const groupId = ({ subscription, resourceGroup, name }: GroupPlace): string =>
  `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerInstance/containerGroups/${name}`;

/** Azure does not distinguish the case of ids and names. */
export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** A GUID out of 32 hexadecimal digits. */
export const guid = (digits: string): string =>
  [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, digits);
