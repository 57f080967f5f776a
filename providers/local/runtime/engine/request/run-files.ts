/**
 * Files that each run of a container gets beside its volumes, in the volume for messages: one for its last words, and
 * /etc/hosts, which the engine would otherwise write in its own way. Every run gets a fresh one, as the kubelet does it. Pure.
 */
import { hostsFile } from "../../hosts-file.ts";
import type { ContainerSpec, TaskSpec } from "../../runtime.ts";
import type { TarEntry } from "../../../../../src/provider.ts";

interface RunRef {
  readonly container: string;
  readonly instance: number;
}

/** Its name in the volume. */
export function messageFile({ container, instance }: RunRef): string {
  return `${container}-${instance}`;
}

/** No run is called so: `messageFile` ends with a number. */
const hostsName = "hosts";
const hostsPath = "/etc/hosts";

/** To be put into the volume before the run starts. */
export function runFiles(spec: TaskSpec, run: RunRef, addresses: readonly string[]): TarEntry[] {
  return [
    { path: messageFile(run), type: "file", mode: 0o666 },
    { path: hostsName, type: "file", mode: 0o644, content: Buffer.from(hostsFile(spec, addresses)) },
  ];
}

/**
 * HostConfig.Binds. `folder`: the volume's on the engine's machine. What the container itself mounts there
 * goes first, and a task in the network of the host has the host's names.
 */
export function runFileBinds(
  { hostNetwork }: Pick<TaskSpec, "hostNetwork">,
  { mounts, terminationMessagePath }: Pick<ContainerSpec, "mounts" | "terminationMessagePath">,
  run: RunRef,
  folder: string,
): string[] {
  const message = terminationMessagePath === "" ? [] : [`${folder}/${messageFile(run)}:${terminationMessagePath}:rw`];
  const isGiven = hostNetwork === true || mounts.some(({ path }) => path === hostsPath);
  const hosts = isGiven ? [] : [`${folder}/${hostsName}:${hostsPath}:rw`];
  return [...message, ...hosts];
}
