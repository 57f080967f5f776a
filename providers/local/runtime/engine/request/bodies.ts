/** Bodies of `POST /containers/create`. They hold opened secrets: they go to the engine and nowhere else. Pure. */
import { posix } from "node:path";
import { ProviderError, SecretText } from "../../../../../src/provider.ts";
import type { LateName, Text } from "../../../../../src/provider.ts";
import type { ContainerSpec, TaskSpec } from "../../runtime.ts";
import { runLabels, sandboxLabels } from "../names.ts";
import { limits } from "./limits.ts";
import { engineVolumes } from "./mounts.ts";
import { pauseCommand } from "../own-image/pause.ts";
import { securityOptions } from "./security.ts";

/** Only where the engines differ. */
export type Flavour = "docker" | "podman";

export function sandboxBody(task: string, spec: TaskSpec, image: string, network: string): object {
  const dns = spec.dns;
  return {
    Image: image,
    Entrypoint: [pauseCommand],
    ...(spec.hostNetwork === true ? {} : { Hostname: spec.hostname }),
    Labels: sandboxLabels(spec),
    HostConfig: {
      ...(spec.hostNetwork === true ? ofHost(spec) : { NetworkMode: network }),
      // The containers of a pod share one IPC namespace.
      IpcMode: "shareable",
      ...(spec.sysctls === undefined
        ? {}
        : { Sysctls: Object.fromEntries(spec.sysctls.map(({ name, value }) => [name, value])) }),
      Binds: engineVolumes(task, spec).map((volume) => `${volume.name}:${volume.sandboxPath}:rw,nocopy`),
      ...(dns === undefined ? {} : { Dns: dns.nameservers, DnsSearch: dns.searches, DnsOptions: dns.options }),
    },
  };
}

/** podman 4.3 makes a folder that is not there, and follows `..` out of the container on the way. */
function inContainer(folder: string): string {
  return posix.join("/", folder);
}

/** The engine writes /etc/hosts then: it alone knows the one of its machine. */
function ofHost({ hostAliases }: TaskSpec): object {
  const ExtraHosts = hostAliases.flatMap(({ ip, hostnames }) => hostnames.map((name) => `${name}:${ip}`));
  return { NetworkMode: "host", UTSMode: "host", ExtraHosts };
}

export interface ContainerPlan {
  readonly spec: TaskSpec;
  readonly container: ContainerSpec;
  readonly instance: number;
  /** Full reference. */
  readonly image: string;
  /** Name of the running sandbox. */
  readonly sandbox: string;
  readonly binds: readonly string[];
  /** HostConfig.Mounts. */
  readonly mounts?: readonly object[] | undefined;
  readonly late: LateValues;
  readonly flavour: Flavour;
  /** Name of the container whose processes it sees too. */
  readonly processesOf?: string | undefined;
  /** `undefined`: the image's. */
  readonly user?: string | undefined;
}

export function containerBody(plan: ContainerPlan): object {
  const { spec, container, late } = plan;
  const texts = (list: readonly Text[] | undefined): readonly string[] | undefined =>
    list?.map((text) => openText(text, late));
  const [entrypoint, args] = [texts(container.command), texts(container.args)];
  return {
    Image: plan.image,
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
    ...(args === undefined ? {} : { Cmd: args }),
    ...(container.workingDir === undefined ? {} : { WorkingDir: inContainer(container.workingDir) }),
    // Docker takes the sandbox's hostname by itself and refuses the field; podman needs it.
    ...(plan.flavour === "podman" && spec.hostNetwork !== true ? { Hostname: spec.hostname } : {}),
    Env: container.env.map(({ name, value }) => `${name}=${openText(value, late)}`),
    Labels: runLabels(spec, container, plan.instance),
    ...(plan.user === undefined ? {} : { User: plan.user }),
    ...(container.stopSignal === undefined ? {} : { StopSignal: container.stopSignal }),
    OpenStdin: container.stdin,
    StdinOnce: container.stdinOnce,
    Tty: container.tty,
    HostConfig: {
      NetworkMode: `container:${plan.sandbox}`,
      IpcMode: `container:${plan.sandbox}`,
      ...(spec.hostNetwork === true ? { UTSMode: "host" } : {}),
      ...(plan.processesOf === undefined ? {} : { PidMode: `container:${plan.processesOf}` }),
      Binds: plan.binds,
      ...(plan.mounts === undefined || plan.mounts.length === 0 ? {} : { Mounts: plan.mounts }),
      ...limits(container),
      ...securityOptions(container.security),
    },
  };
}

/** What a task's texts may refer to; `undefined` where there is no such address. */
export type LateValues = Readonly<Record<LateName, string | undefined>>;

export function lateValues(addresses: readonly string[], hostIP: string | undefined): LateValues {
  const podIPs = addresses.length === 0 ? undefined : addresses.join(",");
  return { podIP: addresses[0], podIPs, hostIP, hostIPs: hostIP };
}

/** The text as the engine gets it. */
export function openText(text: Text, late: LateValues): string {
  if (typeof text === "string") return text;
  if (text instanceof SecretText) return text.reveal();
  for (const part of text.parts) {
    if (typeof part === "string" || !("late" in part) || late[part.late] !== undefined) continue;
    const message = `a value refers to status.${part.late}, but this task has none on this node`;
    throw new ProviderError("invalid", "CreateContainerConfigError", message);
  }
  return openText(text.fill(late as Record<LateName, string>), late);
}
