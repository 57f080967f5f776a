import http from "node:http";
import type { Socket } from "node:net";
import type { Probe } from "../input/container.ts";
import type { Deployment } from "./deployment.ts";
import { addEvent, type ContainerRecord, type GroupRecord } from "./record.ts";
import type { Surroundings } from "./surroundings.ts";

export interface ProbesParts {
  readonly deployment: () => Deployment | undefined;
  /** A container is to be ended. */
  readonly failed: (container: ContainerRecord) => void;
}

type Kind = "Liveness" | "Readiness";

/**
 * Who asks containers how they are, from the start of each run to its end. What a readiness probe finds is told by events
 * alone: Azure has no field for it.
 */
export class Probes {
  readonly #record: GroupRecord;
  readonly #around: Surroundings;
  readonly #parts: ProbesParts;
  /** By container and kind: which run it asks, and how it leaves. */
  readonly #asked = new Map<string, { readonly run: string; readonly leave: () => void }>();

  constructor(record: GroupRecord, around: Surroundings, parts: ProbesParts) {
    this.#record = record;
    this.#around = around;
    this.#parts = parts;
  }

  /** Joins every run that has begun, and leaves those that have ended. */
  look(): void {
    for (const container of this.#record.containers) {
      const { livenessProbe, readinessProbe } = container.input;
      if (livenessProbe !== undefined) this.#lookAt(container, "Liveness", livenessProbe);
      if (readinessProbe !== undefined) this.#lookAt(container, "Readiness", readinessProbe);
    }
  }

  leave(): void {
    for (const { leave } of this.#asked.values()) leave();
    this.#asked.clear();
  }

  #lookAt(container: ContainerRecord, kind: Kind, probe: Probe): void {
    const key = `${kind} ${container.name}`;
    const run = `${this.#record.deployment}/${container.instance}`;
    const known = this.#asked.get(key);
    const runs = container.current?.state === "Running";
    if (runs && known?.run === run) return;
    known?.leave();
    this.#asked.delete(key);
    if (runs) this.#asked.set(key, { run, leave: this.#watch(container, kind, probe) });
  }

  #watch(container: ContainerRecord, kind: Kind, probe: Probe): () => void {
    const { clock } = this.#around;
    let failures = 0;
    let left = false;
    let cancel = (): void => {};
    const round = async (): Promise<void> => {
      const trouble = await this.#ask(container, probe).catch((error: unknown) => (error as Error).message);
      if (left) return;
      failures = trouble === undefined ? 0 : failures + 1;
      if (trouble !== undefined)
        addEvent(container.events, clock.now(), "Unhealthy", `${kind} probe failed: ${trouble}`, "Warning");
      // It asks on until the container has ended.
      if (kind === "Liveness" && failures === probe.failureThreshold) this.#parts.failed(container);
      cancel = clock.after(probe.periodSeconds * 1000, () => void round());
    };
    cancel = clock.after(probe.initialDelaySeconds * 1000, () => void round());
    return () => {
      left = true;
      cancel();
    };
  }

  /** What is wrong; `undefined`: nothing. A runtime that has nothing to ask says what the scenario says of the image. */
  async #ask(container: ContainerRecord, probe: Probe): Promise<string | undefined> {
    const { runtime, clock, scenario } = this.#around;
    const deployment = this.#parts.deployment();
    if (deployment === undefined) return "the container does not run";
    if (runtime.exec === undefined || runtime.forward === undefined)
      return scenario.now.images[container.input.image]?.health === "UNHEALTHY" ? "the scenario says so" : undefined;
    const over = new AbortController();
    // A command and a connection take the machine's time, whatever the rate of this clock.
    const cancel = clock.after(probe.timeoutSeconds * 1000 * clock.rate, () => over.abort(new Error("timed out")));
    try {
      if (probe.exec !== undefined) return await this.#execute(container, probe.exec.command, deployment, over.signal);
      const { task } = deployment;
      if (probe.httpGet?.scheme === "https") return "the stand-in does not ask over https";
      const connection = await runtime.forward(task, probe.httpGet?.port ?? 0, over.signal);
      return await statusTrouble(connection as Socket, probe.httpGet, over.signal);
    } finally {
      cancel();
    }
  }

  async #execute(
    { name, instance }: ContainerRecord,
    argv: readonly string[],
    { task }: Deployment,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const command = { argv, tty: false, stdin: false };
    const process = await this.#around.runtime.exec?.({ task, container: name, instance }, command, signal);
    process?.stdout.resume();
    process?.stderr?.resume();
    const code = (await process?.exit)?.code;
    return code === 0 ? undefined : `exit code ${code}`;
  }
}

/** As the kubelet judges it: 200 to 399 is well. */
async function statusTrouble(
  connection: Socket,
  { path = "/", httpHeaders = [] }: Partial<NonNullable<Probe["httpGet"]>> = {},
  signal: AbortSignal,
): Promise<string | undefined> {
  const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
  try {
    // Without an agent, which would make connections of its own.
    const status = await new Promise<number>((resolve, reject) => {
      const request = http.request({ createConnection: () => connection, path, headers, signal });
      request.once("response", (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.once("error", reject);
      request.end();
    });
    return status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`;
  } finally {
    connection.destroy();
  }
}
