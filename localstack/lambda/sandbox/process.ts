import { type ChildProcess, spawn } from "node:child_process";
import type { LambdaGround } from "../account.ts";
import { canIsolate, commandOf } from "./command.ts";
import { type Lines, linesOf } from "./lines.ts";
import { residentOf, signalAll, treeOf } from "./process-tree.ts";
import { openRuntimeApi, type RuntimeApi } from "./runtime-api.ts";
import type { Sandbox, SandboxOptions, Work, WorkEnd } from "./sandbox.ts";

/** How often its memory is looked at while it works. */
const LOOK_MS = 50;
const MB = 2 ** 20;

/** A process of this host that speaks the Runtime API. `endpoint`: of the stand-in. */
export function processSandbox(ground: LambdaGround, endpoint: () => string, options: SandboxOptions): Sandbox {
  return new ProcessSandbox(ground, endpoint, options);
}

class ProcessSandbox implements Sandbox {
  readonly loaded: Sandbox["loaded"];
  readonly #ground: LambdaGround;
  readonly #options: SandboxOptions;
  readonly #exited = Promise.withResolvers<WorkEnd>();
  #api: RuntimeApi | undefined;
  #child: ChildProcess | undefined;
  #lines: Lines | undefined;
  #stopLooking = (): void => undefined;
  #isFrozen = false;
  #isKilled = false;
  #wasFull = false;
  isGone = false;
  maxMemory = 0;

  constructor(ground: LambdaGround, endpoint: () => string, options: SandboxOptions) {
    this.#ground = ground;
    this.#options = options;
    this.loaded = this.#start(endpoint());
  }

  async run(work: Work, timeout: number): Promise<WorkEnd> {
    const { clock, machine } = this.#ground;
    if (this.#api === undefined) return this.#exited.promise;
    this.#thaw();
    this.#watchMemory();
    const deadline = machine.now() + (timeout * 1000) / clock.rate;
    const end = await Promise.race([this.#api.run(work, deadline), this.#exited.promise]);
    this.#stopLooking();
    this.#measure();
    await this.#lines?.drained();
    return end;
  }

  freeze(): void {
    if (this.isGone || this.#isFrozen) return;
    this.#isFrozen = true;
    signalAll(this.#tree(), "SIGSTOP");
  }

  async kill(): Promise<void> {
    this.#stopLooking();
    this.#isKilled = true;
    const ended = this.#child === undefined || this.isGone;
    signalAll(this.#tree(), "SIGKILL");
    this.#api?.close();
    if (!ended) await this.#exited.promise;
    await this.#lines?.drained();
  }

  async #start(endpoint: string): Promise<Exclude<WorkEnd, { is: "returned" }> | undefined> {
    const { scenario } = this.#ground;
    const { version, stream } = this.#options;
    const api = await openRuntimeApi();
    this.#api = api;
    if (this.#isKilled) {
      api.close();
      return { is: "exited", how: "signal: killed", full: false };
    }
    const { region } = scenario.now;
    const around = { version, stream, region, api: api.address, endpoint, isolated: canIsolate() };
    const { program, words, cwd, env } = commandOf(around);
    const child = spawn(program, words, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.#child = child;
    this.#lines = linesOf([child.stdout, child.stderr], this.#options.write);
    child.once("error", (error) => {
      this.#options.write(error.message);
      this.#over("exit status 1");
    });
    child.once("exit", (code, signal) => this.#over(howOf(code, signal)));
    this.#watchMemory();
    const end = await Promise.race([api.loaded, this.#exited.promise]);
    this.#stopLooking();
    await this.#lines.drained();
    return end?.is === "returned" ? undefined : end;
  }

  #over(how: string): void {
    this.isGone = true;
    this.#stopLooking();
    const exited: WorkEnd = { is: "exited", how, full: this.#wasFull && how === "signal: killed" };
    // What it has handed in before counts, and the next work finds another process.
    this.#exited.resolve(this.#api?.handedIn ?? exited);
    this.#api?.close();
  }

  #thaw(): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    signalAll(this.#tree(), "SIGCONT");
  }

  #tree(): readonly number[] {
    const { pid } = this.#child ?? {};
    return pid === undefined || this.isGone ? [] : treeOf(pid);
  }

  #watchMemory(): void {
    this.#stopLooking();
    const look = (): void => {
      this.#measure();
      this.#stopLooking = this.#ground.machine.after(LOOK_MS, look);
    };
    this.#stopLooking = this.#ground.machine.after(LOOK_MS, look);
  }

  /** Above what the function may have, the largest process is killed, as a kernel does. */
  #measure(): void {
    const sizes = this.#tree().map((pid) => ({ pid, size: residentOf(pid) }));
    const sum = sizes.reduce((all, { size }) => all + size, 0) / MB;
    this.maxMemory = Math.max(this.maxMemory, sum);
    if (sum <= this.#options.version.memory) return;
    this.#wasFull = true;
    const largest = sizes.toSorted((a, b) => b.size - a.size)[0];
    if (largest !== undefined) signalAll([largest.pid], "SIGKILL");
  }
}

/** As Go writes the end of a process, in which Lambda's supervisor is written. */
const names: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGHUP: "hangup",
  SIGINT: "interrupt",
  SIGQUIT: "quit",
  SIGILL: "illegal instruction",
  SIGTRAP: "trace/breakpoint trap",
  SIGABRT: "aborted",
  SIGBUS: "bus error",
  SIGFPE: "floating point exception",
  SIGKILL: "killed",
  SIGSEGV: "segmentation fault",
  SIGPIPE: "broken pipe",
  SIGALRM: "alarm clock",
  SIGTERM: "terminated",
};

function howOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `signal: ${names[signal] ?? signal}`;
  return code === 0 || code === null ? "" : `exit status ${code}`;
}
