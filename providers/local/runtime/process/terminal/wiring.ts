import type { Clock, TerminalSize } from "../../../../../src/provider.ts";
import type { Pipes } from "../host/pipes.ts";
import { openTerminals, type TerminalKind } from "./terminals.ts";
import { spawnWithPipes, type Command, type Wired } from "./wired.ts";

/** How one program is started with its streams. To be disposed of once it was started, or will not be. */
export interface Wiring extends Disposable {
  start(command: Command): Wired;
}

export interface WiringMeans {
  readonly clock: Clock;
  readonly pipes: Pipes;
  /** `undefined`: the best that can be had. */
  readonly terminals?: TerminalKind | undefined;
}

export async function openWiring(
  { tty, stdin, size }: { readonly tty: boolean; readonly stdin: boolean; readonly size?: TerminalSize | undefined },
  { clock, pipes, terminals }: WiringMeans,
): Promise<Wiring> {
  if (tty) {
    const spawnInTerminal = openTerminals(terminals);
    return { start: (command) => spawnInTerminal(command, clock, size), [Symbol.dispose]: () => undefined };
  }
  const stdio = await pipes.make();
  return {
    start: (command) => spawnWithPipes(command, stdio, { stdin }),
    [Symbol.dispose]: () => stdio[Symbol.dispose](),
  };
}
