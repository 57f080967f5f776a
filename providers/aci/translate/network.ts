/** Ports, address and resolver of a group. Pure. */
import { type Refusal, type ResolvedPod, writtenOf } from "../../../src/provider.ts";
import type { ContainerBody, DnsConfig, GroupProperties, IpAddress, Port } from "../request.ts";
import { metricsPort } from "../stats/extension/extension.ts";
import type { TranslateContext } from "./context.ts";

/** Of one group's address (Azure's page of ACI's limits). */
const mostPorts = 5;

/** Azure keeps them for itself (Azure's questions and answers on ACI). */
const reservedPorts: readonly (readonly [first: number, last: number])[] = [
  [22, 22],
  [1025, 1027],
  [3389, 3399],
  [9999, 9999],
  [19_000, 19_000],
  [19_080, 19_080],
  [19_100, 19_100],
  [19_390, 19_390],
  [20_000, 30_000],
  [49_152, 65_534],
];

/** By the name of the container, each port once in a group. */
export function portsByContainer({ containers }: ResolvedPod): ReadonlyMap<string, readonly Port[]> {
  const seen = new Set<string>();
  return new Map(
    containers.map(({ name, kind, ports }) => [
      name,
      // An init container has none in Azure, and ends before anybody could ask.
      (kind === "init" ? [] : ports).flatMap(({ containerPort, protocol }): Port[] => {
        const key = `${containerPort}/${protocol}`;
        if (seen.has(key) || protocol === "SCTP") return [];
        seen.add(key);
        return [{ port: containerPort, protocol }];
      }),
    ]),
  );
}

type NetworkPart = Pick<GroupProperties, "ipAddress" | "dnsConfig">;

export function networkOf(
  pod: ResolvedPod,
  { config }: TranslateContext,
  dnsNameLabel: string | undefined,
): NetworkPart {
  const ports = [...portsByContainer(pod).values()].flat();
  const inSubnet = config.network === "subnet";
  const dnsConfig = inSubnet ? dnsConfigOf(pod, config.dns) : undefined;
  const ipAddress = inSubnet ? privateAddress(ports) : publicAddress(ports, dnsNameLabel);
  return { ...(ipAddress && { ipAddress }), ...(dnsConfig && { dnsConfig }) };
}

export function portRefusals(pod: ResolvedPod, { config }: TranslateContext): readonly Refusal[] {
  const byContainer = portsByContainer(pod);
  const count = [...byContainer.values()].flat().length;
  const many = `A group's address has at most ${mostPorts} ports, and the pod names ${count}: name only those that others ask for.`;
  return [
    ...(count > mostPorts ? [{ path: "spec.containers[].ports", sentence: many }] : []),
    ...pod.containers.flatMap((container) =>
      (byContainer.get(container.name) ?? [])
        .filter(({ port }) => isReserved(port) || (config.stats && port === metricsPort))
        .map(({ port }) => ({
          path: `${writtenOf(pod.pod, container).path}.ports (${port})`,
          sentence: `Azure keeps port ${port} of a group for itself: use another one.`,
        })),
    ),
  ];
}

/** Azure takes search domains and options beside resolvers alone, and nobody here knows its own. */
export function dnsRefusals(pod: ResolvedPod, context: TranslateContext): readonly Refusal[] {
  const { searches, options } = pod.dns;
  const isAlone = searches.length + options.length > 0 && dnsConfigOf(pod, context.config.dns) === undefined;
  const sentence =
    "Azure takes search domains and options beside resolvers only: add nameservers, or set aci.dns of the node.";
  return context.config.network === "subnet" && isAlone ? [{ path: "spec.dnsConfig", sentence }] : [];
}

function isReserved(port: number): boolean {
  return reservedPorts.some(([first, last]) => first <= port && port <= last);
}

/** A public address has ports, or is none. */
function publicAddress(ports: readonly Port[], dnsNameLabel: string | undefined): IpAddress | undefined {
  if (ports.length === 0) return undefined;
  return { type: "Public", ports, ...(dnsNameLabel !== undefined && { dnsNameLabel }) };
}

/** Azure's type has ports for a private address too. Its own command line says 80 where nobody says one (from memory). */
function privateAddress(ports: readonly Port[]): IpAddress {
  return { type: "Private", ports: ports.length > 0 ? ports : [{ port: 80, protocol: "TCP" }] };
}

/** A port of the address that no container has is refused by Azure: one that nobody has named is the first container's. */
export function exposing(
  containers: readonly ContainerBody[],
  address: IpAddress | undefined,
): readonly ContainerBody[] {
  const [first, ...others] = containers;
  const isNamed = containers.some(({ properties }) => (properties.ports ?? []).length > 0);
  if (address?.type !== "Private" || first === undefined || isNamed) return containers;
  return [{ ...first, properties: { ...first.properties, ports: address.ports } }, ...others];
}

function dnsConfigOf({ dns }: ResolvedPod, own: TranslateContext["config"]["dns"]): DnsConfig | undefined {
  const { nameservers, searches, options } =
    dns.policy === "explicit" || own === undefined
      ? dns
      : {
          nameservers: [...own.nameServers, ...dns.nameservers],
          searches: [...own.searchDomains, ...dns.searches],
          options: [...own.options, ...dns.options],
        };
  if (nameservers.length === 0) return undefined;
  return {
    nameServers: nameservers,
    ...(searches.length > 0 && { searchDomains: searches.join(" ") }),
    ...(options.length > 0 && { options: options.join(" ") }),
  };
}
