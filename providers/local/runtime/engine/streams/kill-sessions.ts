/**
 * Ends commands whose client has gone. The Docker API cannot signal an exec, but it tells the command's pid in the
 * engine's own process namespace, and every runtime makes the command the leader of a session. So a container of
 * our own image, which sees the engine's processes, kills that session with all that belongs to it: near or far, and
 * without any tool in the pod's image. What has opened a session of its own (a daemon) goes on, as has all that a
 * command left behind which had ended before.
 */
import type { Clock, Log } from "../../../../../src/provider.ts";
import type { EngineClient } from "../api/client.ts";
import { killSessionsCommand } from "../own-image/pause.ts";

export interface SessionKiller {
  /** Returns at once; many at a time are killed by one container. A failure is told in the log. */
  kill(exec: string): void;
  /** Resolves when everything asked for has been done. */
  idle(): Promise<void>;
}

export interface KillerParts {
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly log: Log;
  /** The image with the program. */
  readonly image: () => Promise<string>;
  /** Always the same: what a crash left behind is replaced by the next. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export function createSessionKiller(parts: KillerParts): SessionKiller {
  const { log } = parts;
  const waiting: string[] = [];
  let work: Promise<void> | undefined;
  async function run(): Promise<void> {
    for (;;) {
      const execs = waiting.splice(0);
      if (execs.length === 0) break;
      try {
        await killAll(parts, execs);
      } catch (error) {
        log.warn("commands whose client has gone may run on: they could not be killed", { execs, error });
      }
    }
    work = undefined;
  }
  return {
    kill(exec) {
      waiting.push(exec);
      work ??= run();
    },
    async idle() {
      while (work !== undefined) await work;
    },
  };
}

async function killAll(parts: KillerParts, execs: readonly string[]): Promise<void> {
  const found = await Promise.all(execs.map(async (exec) => sessionOf(parts, exec)));
  const sessions = found.filter((pid) => pid !== undefined);
  if (sessions.length === 0) return;
  const { client, image, name, labels } = parts;
  await client.removeContainer(name);
  await client.createContainer(name, {
    Image: await image(),
    Entrypoint: [killSessionsCommand],
    Cmd: sessions.map(String),
    Labels: labels,
    HostConfig: { PidMode: "host", NetworkMode: "none" },
  });
  try {
    await client.startContainer(name);
    await client.waitContainer(name);
  } finally {
    await client.removeContainer(name);
  }
}

/** The first answers of Docker may come before the command is there (ms). */
const startPauses = [10, 40, 100, 250, 500, 1000];

/** `undefined` when it has ended. */
async function sessionOf({ client, clock }: KillerParts, exec: string): Promise<number | undefined> {
  for (const pause of startPauses) {
    const seen = await client.inspectExec(exec);
    // 1 would be the engine's whole machine.
    if (seen?.Running && seen.Pid > 1) return seen.Pid;
    if (seen === undefined || (!seen.Running && seen.ExitCode !== null)) return undefined;
    await clock.sleep(pause);
  }
  return undefined;
}
