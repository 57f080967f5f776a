/** The image that burstlet's own containers run, made here, so that a node needs no registry to hold a pod's network. Pure. */
import { packTar } from "../../../../../src/provider.ts";
import { elf, type Architecture } from "./elf.ts";
import { programs } from "./programs.ts";

/** `localhost/` is never pulled from anywhere. The tag changes with the programs. */
export function pauseImage(architecture: Architecture): string {
  return `localhost/burstlet-pause:6-${architecture}`;
}

export const pauseCommand = "/pause";
export const killSessionsCommand = "/kill-sessions";
export const connectCommand = "/connect";
export const swapCommand = "/swap";

/** The image's root file system. */
export function pauseRootfs(architecture: Architecture): Buffer {
  const { pause, killSessions, connect, swap } = programs[architecture];
  const file = (command: string, code: string) => {
    const content = elf(architecture, Buffer.from(code, "hex"));
    return { path: command.slice(1), type: "file", mode: 0o755, content } as const;
  };
  return packTar([
    file(pauseCommand, pause),
    file(killSessionsCommand, killSessions),
    file(connectCommand, connect),
    file(swapCommand, swap),
  ]);
}
