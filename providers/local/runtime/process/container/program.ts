import type { Waiting } from "../../../../../src/provider.ts";
import type { ContainerSpec, TaskSpec } from "../../runtime.ts";
import type { Image } from "../images.ts";
import { plain, type LateValues } from "./text.ts";

/** What is executed, values revealed: for execve alone. */
export interface Program {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** The container runtimes' default. */
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function programOf(container: ContainerSpec, image: Image, hostname: string, late: LateValues): Program {
  const args = container.args?.map((text) => plain(text, late));
  const argv =
    container.command === undefined
      ? [...image.entrypoint, ...(args ?? image.args)]
      : [...container.command.map((text) => plain(text, late)), ...(args ?? [])];
  const env = Object.fromEntries(container.env.map(({ name, value }) => [name, plain(value, late)]));
  return {
    argv: argv as [string, ...string[]],
    env: { PATH: defaultPath, HOME: "/root", HOSTNAME: hostname, ...env },
    cwd: container.workingDir === undefined || container.workingDir === "" ? "/" : container.workingDir,
  };
}

/** Why a container that must not run as root does not run, in the kubelet's words: no image of this runtime names a user. */
export function rootRefusal(
  { podName, podNamespace, identity, containers }: TaskSpec,
  name: string,
): Waiting | undefined {
  const { nonRoot = false, user } = containers.find((one) => one.name === name)?.security ?? {};
  if (!nonRoot || (user ?? 0) !== 0) return undefined;
  const place = `(pod: "${podName}_${podNamespace}(${identity.podUid})", container: ${name})`;
  const why =
    user === 0
      ? "container's runAsUser breaks non-root policy"
      : "container has runAsNonRoot and image will run as root";
  return { is: "waiting", reason: "CreateContainerConfigError", message: `${why} ${place}` };
}
