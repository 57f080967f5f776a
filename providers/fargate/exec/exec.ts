/** Provider.exec on Fargate: one session of Session Manager for each command. */
import { randomBytes } from "node:crypto";
import { type Clock, type ContainerRef, type Log, type Provider, ProviderError } from "../../../src/provider.ts";
import type { EcsClient } from "../client.ts";
import type { Tasks } from "../tasks/known-tasks.ts";
import type { ExecClient } from "./client.ts";
import { startProcess, type Started } from "./process.ts";
import { createReading } from "./reading.ts";
import { connectedTicket, openHeard, PATIENCE_MS } from "./start.ts";
import { awayReasons, type FoundTarget, targetOf, whyAway } from "./target.ts";
import { type Way, waysFor } from "./ways.ts";

export interface ExecOptions {
  readonly client: ExecClient;
  readonly ecs: Pick<EcsClient, "describeTasks">;
  readonly tasks: Pick<Tasks, "find">;
  readonly cluster: string;
  readonly clock: Clock;
  readonly log: Log;
}

const pipesDocument = "AWS-StartNonInteractiveCommand";

export function createExec(options: ExecOptions): NonNullable<Provider["exec"]> {
  /** Whether AWS takes the document for containers of ECS is not documented: the first answer counts. */
  let pipes = true;
  return async (ref, command, signal) => {
    const found = targetOf(ref, options.tasks, options.cluster);
    const token = `b${randomBytes(8).toString("hex")}`;
    let shell = true;
    for (const way of waysFor(command, token, pipes)) {
      if ((way.by === "pipes" && !pipes) || (way.shell && !shell)) continue;
      try {
        const started = await start(options, found, { way, token, tty: command.tty }, signal);
        if (started.is === "running") return started.process;
        if (started.is === "failed") throw started.error;
        shell = false;
      } catch (error) {
        if (way.by !== "pipes" || !isRefused(error)) throw error;
        const { reason, message } = error as ProviderError;
        options.log.info("commands without a terminal run on one, because AWS takes no other session", {
          reason,
          message,
        });
        pipes = false;
      }
    }
    throw noShell(ref);
  };
}

const noShell = ({ container }: ContainerRef): ProviderError =>
  new ProviderError(
    "invalid",
    "ShellMissing",
    `exec: "sh": executable file not found in $PATH: container ${container} has no shell, and ECS runs a command with input only through one`,
  );

/** The document, or the right to use it: not what the container or the network is like at the moment. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof ProviderError) || awayReasons.has(error.reason)) return false;
  return error.kind === "denied" || error.kind === "invalid";
}

async function start(
  { client, ecs, clock }: ExecOptions,
  { arn, target, container }: FoundTarget,
  { way, token, tty }: { readonly way: Way; readonly token: string; readonly tty: boolean },
  signal: AbortSignal,
): Promise<Started> {
  const { line } = way;
  const ask = async () =>
    way.by === "terminal"
      ? client.executeCommand(arn, container, line, signal)
      : client.startSession(target, pipesDocument, { command: line, separateOutputStream: "true" }, signal);
  const explain = async (error: ProviderError) => whyAway(error, ecs, { arn, container });
  const ticket = await connectedTicket(ask, explain, clock, signal);
  const heard = await openHeard(ticket, clock);
  const reading = createReading(way.reading, token);
  const terminate = async (id: string): Promise<void> => client.terminate(id);
  return startProcess({ heard, way, reading, clock, tty, terminate }, PATIENCE_MS, signal);
}
