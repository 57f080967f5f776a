import type { Abilities } from "../protocol.ts";
import type { ContainerSpec, TaskSpec } from "../../runtime.ts";
import type { Image } from "../images.ts";
import type { Cgroups } from "../host/cgroup.ts";
import type { ProcessMark } from "../host/processes.ts";
import type { HostLayout } from "./files/root-fs.ts";
import type { Command, Wired } from "../terminal/wired.ts";
import type { Entrance } from "./entrance.ts";
import type { Program } from "./program.ts";

/** The place in which one run of a container's processes lives, made before the program starts. */
export interface Enclosure {
  /** Its root as seen from the supervisor. */
  readonly view: string;
  /** The termination message's file, as seen from the supervisor. */
  readonly messageFile: string;
  /** What must die when nobody knows this run any more; with the program once it is spawned. */
  marks(): readonly ProcessMark[];
  /** The program as it has to be told here. */
  adapt(program: Program): Program;
  /** Starts the adapted program; `wire` executes and gives it its streams. Called once. */
  spawn(program: Program, wire: (command: Command) => Wired): Wired;
  /** How others get in; `mark` is alive for as long as it is this run that they find there. `undefined`: not yet. */
  door(): { readonly mark: ProcessMark; readonly entrance: Entrance } | undefined;
  /** To the program, as the container runtimes send it to process 1. `false`: it is not there yet. */
  signal(signal: NodeJS.Signals): boolean;
  /** Does the program catch or ignore this signal by now? */
  handles(signal: NodeJS.Signals): boolean;
  /** Ends every process in it at once. */
  kill(): void;
  /** Pids of everything that runs in it. */
  pids(): readonly number[];
  /** Nothing of it is left. */
  readonly ended: Promise<void>;
}

/** What every run on this host shares. */
export interface Ground {
  readonly abilities: Abilities;
  readonly layout: HostLayout;
  readonly cgroups: Cgroups | undefined;
  /** The host's resolv.conf. */
  readonly resolver: string;
}

/** What one run wants. */
export interface RunWant {
  readonly spec: TaskSpec;
  readonly container: ContainerSpec;
  readonly instance: number;
  readonly image: Image;
  readonly address: string | undefined;
  /** The task's directory (volumes). */
  readonly taskDirectory: string;
  /** The container's directory (root, termination message). */
  readonly directory: string;
  /** The process that holds the task's namespaces; `undefined` without isolation. */
  readonly sandbox: ProcessMark | undefined;
}
