import type { Clock } from "../../../src/model/clock.ts";
import type { PacedClock } from "../../clock.ts";
import type { Runtime } from "../../../providers/local/runtime/runtime.ts";
import type { ContainerDefinition } from "../input/container-definition.ts";
import type { Health } from "./record.ts";
import { identityOf } from "../../owner.ts";

export interface HealthWatch {
  readonly clock: Clock;
  readonly settings: NonNullable<ContainerDefinition["healthCheck"]>;
  /** One check; whether it succeeded. */
  readonly check: () => Promise<boolean>;
  readonly tell: (health: Health) => void;
}

/** Checks every `interval` seconds, first after one; UNHEALTHY after `retries` failures in a row past the start period. */
export function watchHealth({ clock, settings, check, tell }: HealthWatch): () => void {
  const { interval, retries, startPeriod = 0 } = settings;
  const startedAt = clock.monotonic();
  let failures = 0;
  let stopped = false;
  let cancel = (): void => {};
  const round = async (): Promise<void> => {
    const healthy = await check().catch(() => false);
    if (stopped) return;
    const forgiven = clock.monotonic() - startedAt < startPeriod * 1000;
    failures = healthy ? 0 : forgiven ? failures : failures + 1;
    if (healthy) tell("HEALTHY");
    else if (failures >= retries) tell("UNHEALTHY");
    cancel = clock.after(interval * 1000, () => void round());
  };
  cancel = clock.after(interval * 1000, () => void round());
  return () => {
    stopped = true;
    cancel();
  };
}

/** The check's command in its container; a runtime without `exec` answers what the scenario says of the image. */
export async function executeCheck(
  { runtime, clock }: { readonly runtime: Runtime; readonly clock: PacedClock },
  taskId: string,
  container: string,
  { command, timeout }: NonNullable<ContainerDefinition["healthCheck"]>,
): Promise<boolean> {
  const [kind, ...words] = command;
  const argv = kind === "CMD-SHELL" ? ["/bin/sh", "-c", words.join(" ")] : words;
  const over = new AbortController();
  // The command takes the machine's time, whatever the rate of this clock.
  const cancel = clock.after(timeout * 1000 * clock.rate, () => over.abort());
  try {
    const target = { task: { identity: identityOf(taskId) }, container, instance: 0 };
    const process = await runtime.exec?.(target, { argv, tty: false, stdin: false }, over.signal);
    process?.stdout.resume();
    process?.stderr?.resume();
    return (await process?.exit)?.code === 0;
  } finally {
    cancel();
  }
}
