import type { ContainerSpec } from "../../runtime.ts";
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
