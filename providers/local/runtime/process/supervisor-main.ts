/**
 * The process that owns the containers of one state directory: `node supervisor-main.ts <stateDir> <options as JSON>`.
 * Started detached by `supervisor-client.ts`; burstlet may come and go. A root like src/main.ts: real time starts here.
 */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Clock, Log } from "../../../../src/provider.ts";
import { openHost } from "./host/abilities.ts";
import { optionsName, socketName } from "./paths.ts";
import { Supervisor } from "./supervisor/supervisor.ts";
import { takeLock } from "./supervisor/lock.ts";
import type { TerminalKind } from "./terminal/terminals.ts";
import { serve } from "./supervisor/server.ts";
import { openStore, removeUnused } from "./supervisor/store.ts";

/** What the client hands over. */
export interface SupervisorOptions {
  readonly bridge: string;
  readonly subnet: string;
  readonly isolation: boolean;
  /** Ends by itself after this long without a client and without a running container, milliseconds. */
  readonly idleMs: number;
  /** `undefined`: the best that can be had. */
  readonly terminals?: TerminalKind | undefined;
}

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => wait(ms, undefined, { signal }),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};

/** One JSON object a line into supervisor.log, which is our stdout. */
const log: Log = Object.fromEntries(
  ["debug", "info", "warn", "error"].map((level) => [
    level,
    (msg: string, fields?: object) =>
      process.stdout.write(`${JSON.stringify({ time: new Date(Date.now()).toISOString(), level, msg, ...fields })}\n`),
  ]),
) as unknown as Log;

const [stateDir = "", optionsText = "{}"] = process.argv.slice(2);
await main(stateDir, JSON.parse(optionsText) as SupervisorOptions);

async function main(directory: string, options: SupervisorOptions): Promise<void> {
  process.umask(0o022);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  process.chdir(directory);
  const lock = takeLock(directory);
  // Another one is there already, started by a client at the same moment: that client and this one will find it.
  if (lock === undefined) return;
  writeFileSync(optionsName, JSON.stringify(options), { mode: 0o600 });
  const host = await openHost({ stateDir: directory, ...options });
  for (const sentence of host.ground.abilities.missing) log.warn("host permits less", { sentence });
  const supervisor = new Supervisor({
    stateDir: directory,
    host,
    store: openStore(directory),
    clock,
    log,
    terminals: options.terminals,
  });
  host.ground.cgroups?.sweep();
  let ending: Promise<void> | undefined;
  // Whoever is cut off here asks the next supervisor, which starts when the lock is free.
  const shutDown = async (asker?: Socket): Promise<void> => {
    ending ??= (async () => {
      server.close(asker);
      await supervisor.shutdown();
      // The answer to who asked for it reaches him first.
      setTimeout(() => {
        if (existsSync(directory)) removeUnused(directory);
        lock[Symbol.dispose]();
        process.exit(0);
      }, 100);
    })();
    await ending;
  };
  const server = await serve(supervisor, host.ground.abilities, log, shutDown);
  log.info("supervisor started", { pid: process.pid, abilities: host.ground.abilities });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void shutDown());
  watchIdle(
    options.idleMs,
    () => server.clients() === 0 && supervisor.idle(),
    () => void shutDown(),
  );
}

/** Nobody can reach a supervisor whose state directory was deleted: it ends at once. */
function watchIdle(idleMs: number, idle: () => boolean, then: () => void): void {
  let since = clock.monotonic();
  const timer = setInterval(
    () => {
      const reachable = existsSync(socketName);
      if (!idle()) since = clock.monotonic();
      if (reachable && clock.monotonic() - since < idleMs) return;
      clearInterval(timer);
      log.info("supervisor ends", { why: reachable ? "nothing to do" : "its state directory is gone" });
      then();
    },
    Math.min(1000, idleMs / 4),
  );
}
