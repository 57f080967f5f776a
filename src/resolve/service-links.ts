import type { Service } from "../model/kube.ts";

/**
 * The variables that tell a container where services are, as the kubelet builds them (pkg/kubelet/envvars):
 * always for default/kubernetes, and for the services of the pod's namespace when the pod wants service links.
 */
export function serviceVariables(
  services: readonly Service[],
  namespace: string,
  links: boolean,
): ReadonlyMap<string, string> {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const name = service.metadata?.name ?? "";
    const clusterIP = service.spec?.clusterIP ?? "";
    if (clusterIP === "" || clusterIP === "None") continue;
    const isMaster = service.metadata?.namespace === "default" && name === "kubernetes";
    if (isMaster ? !chosen.has(name) : links && service.metadata?.namespace === namespace) chosen.set(name, service);
  }
  // By name, because the order in which a watch told the services means nothing.
  const sorted = [...chosen].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.flatMap(([name, service]) => variablesOf(name, service)));
}

function variablesOf(name: string, service: Service): [string, string][] {
  const prefix = variableName(name);
  const address = service.spec?.clusterIP ?? "";
  const ports = service.spec?.ports ?? [];
  const variables: [string, string][] = [[`${prefix}_SERVICE_HOST`, address]];
  const [first] = ports;
  if (first !== undefined) variables.push([`${prefix}_SERVICE_PORT`, String(first.port)]);
  for (const { name: portName = "", port } of ports) {
    if (portName !== "") variables.push([`${prefix}_SERVICE_PORT_${variableName(portName)}`, String(port)]);
  }
  // The variables of Docker's links.
  const host = address.includes(":") ? `[${address}]` : address;
  for (const [index, { port, protocol = "TCP" }] of ports.entries()) {
    const scheme = protocol.toLowerCase();
    const url = `${scheme}://${host}:${port}`;
    const portPrefix = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    if (index === 0) variables.push([`${prefix}_PORT`, url]);
    variables.push(
      [portPrefix, url],
      [`${portPrefix}_PROTO`, scheme],
      [`${portPrefix}_PORT`, String(port)],
      [`${portPrefix}_ADDR`, address],
    );
  }
  return variables;
}

function variableName(name: string): string {
  return name.replaceAll("-", "_").toUpperCase();
}
