import {
  Late,
  supportFindings,
  type Refusal,
  type ResolvedContainer,
  type ResolvedPod,
  type SupportRow,
  type Text,
  type Translation,
} from "../../src/provider.ts";
import { lifecycleOf } from "../hooks/lifecycle.ts";
import type { ContainerSpec, HostPath, ImageVolume, TaskSpec } from "./runtime/runtime.ts";
import { containerSecurity, podSecurity } from "./security.ts";
import type { Where } from "./support/row.ts";

/** A task without what each launch adds to it. */
export type LocalRequest = Omit<TaskSpec, "identity" | "token">;

export function translate(pod: ResolvedPod, rows: readonly SupportRow[], where: Where): Translation<LocalRequest> {
  const refusals = [
    ...supportFindings(pod.pod, rows, "refused"),
    ...dnsRefusals(pod),
    ...(where.taskAddresses ? [] : lateRefusals(pod)),
    ...(where.kind === "engine" ? [] : targetRefusals(pod)),
  ];
  if (refusals.length > 0) return { refusals };
  return { refusals: [], request: requestOf(pod) };
}

function requestOf(pod: ResolvedPod): LocalRequest {
  const { nameservers, searches, options, policy } = pod.dns;
  return {
    podNamespace: pod.namespace,
    podName: pod.name,
    nodeName: pod.nodeName,
    hostname: pod.hostname,
    ...(pod.domain !== undefined && { domain: pod.domain }),
    hostAliases: pod.hostAliases,
    dns: policy === "explicit" ? { nameservers, searches, options } : undefined,
    graceSeconds: pod.graceSeconds,
    ...podSecurity(pod.pod),
    containers: pod.containers.map((container): ContainerSpec => containerSpec(pod, container)),
    volumes: pod.volumes.flatMap((volume) => (volume.kind === "storage" ? [] : [volume])),
    ...imageVolumes(pod),
    ...ofHost(pod),
    pullCredentials: pod.pullCredentials,
  };
}

/** The API server has set every policy that the pod leaves open. */
function imageVolumes({ pod: { spec } }: ResolvedPod): Pick<LocalRequest, "imageVolumes"> {
  const found = (spec?.volumes ?? []).flatMap(({ name, image: source }): ImageVolume[] => {
    if (source === undefined) return [];
    const { reference: image = "", pullPolicy = "IfNotPresent" } = source;
    return [{ name, image, imagePullPolicy: pullPolicy as ImageVolume["imagePullPolicy"] }];
  });
  return found.length === 0 ? {} : { imageVolumes: found };
}

function ofHost({ pod: { spec } }: ResolvedPod): Pick<LocalRequest, "hostNetwork" | "hostPaths"> {
  const hostPaths = (spec?.volumes ?? []).flatMap(({ name, hostPath }): HostPath[] =>
    hostPath === undefined ? [] : [{ name, path: hostPath.path, create: hostPath.type === "DirectoryOrCreate" }],
  );
  return {
    ...(spec?.hostNetwork === true && { hostNetwork: true }),
    ...(hostPaths.length > 0 && { hostPaths }),
  };
}

/** What a runtime needs of one container. */
function containerSpec(pod: ResolvedPod, container: ResolvedContainer): ContainerSpec {
  const security = containerSecurity(pod.pod, container.name);
  return {
    name: container.name,
    kind: container.kind,
    image: container.image,
    imagePullPolicy: container.imagePullPolicy,
    command: container.command,
    args: container.args,
    workingDir: container.workingDir,
    env: container.env,
    mounts: container.mounts,
    cpuRequest: container.resources.cpuRequest,
    cpuLimit: container.resources.cpuLimit,
    memoryLimit: container.resources.memoryLimit,
    terminationMessagePath: container.terminationMessagePath,
    terminationMessageFallback: container.terminationMessagePolicy === "FallbackToLogsOnError",
    stdin: container.stdin,
    stdinOnce: container.stdinOnce,
    tty: container.tty,
    ...(container.targetContainer !== undefined && { target: container.targetContainer }),
    ...(security !== undefined && { security }),
    ...lifecycleOf(pod.pod, container.name),
    ...(isProbedAtStartup(pod, container) && { startupProbed: true }),
  };
}

function isProbedAtStartup({ pod }: ResolvedPod, { name, kind }: ResolvedContainer): boolean {
  const spec = kind === "sidecar" ? pod.spec?.initContainers?.find((one) => one.name === name) : undefined;
  return spec?.startupProbe !== undefined;
}

/** A runtime writes its own resolv.conf or takes the host's; it cannot add to one that only the host knows. */
function dnsRefusals({ dns }: ResolvedPod): readonly Refusal[] {
  if (dns.policy === "explicit" || dns.nameservers.length + dns.searches.length + dns.options.length === 0) return [];
  const sentence =
    "This pod uses the host's resolver, to which nothing can be added: set dnsPolicy None with nameservers, " +
    "or give the node clusterDNS.";
  return [{ path: "spec.dnsConfig", sentence }];
}

function targetRefusals({ containers }: ResolvedPod): readonly Refusal[] {
  const sentence = "A container of this runtime cannot see the processes of another: leave the target out.";
  const targeted = containers.some(({ targetContainer }) => targetContainer !== undefined);
  return targeted ? [{ path: "spec.ephemeralContainers[].targetContainerName", sentence }] : [];
}

/** The pod's own address is known to nobody where it has none. */
function lateRefusals(pod: ResolvedPod): readonly Refusal[] {
  const sentence = "This asks for the pod's address, but pods get no address of their own on this host.";
  const inContainers = pod.containers.flatMap(({ name, kind, env, command = [], args = [] }) => {
    const list = kind === "main" ? "containers" : "initContainers";
    const index = (pod.pod.spec?.[list] ?? []).findIndex((container) => container.name === name);
    const at = `spec.${list}[${index}]`;
    return [
      ...env.flatMap((variable) => (needsAddress(variable.value) ? [`${at}.env (${variable.name})`] : [])),
      ...(command.some(needsAddress) ? [`${at}.command`] : []),
      ...(args.some(needsAddress) ? [`${at}.args`] : []),
    ];
  });
  const inVolumes = pod.volumes.flatMap((volume) => {
    if (volume.kind !== "files" || !volume.files.some(({ content }) => needsAddress(content))) return [];
    return [`spec.volumes[${(pod.pod.spec?.volumes ?? []).findIndex(({ name }) => name === volume.name)}]`];
  });
  return [...inContainers, ...inVolumes].map((path) => ({ path, sentence }));
}

const needsAddress = (text: Text): boolean =>
  text instanceof Late &&
  text.parts.some(
    (part) => typeof part === "object" && "late" in part && (part.late === "podIP" || part.late === "podIPs"),
  );
