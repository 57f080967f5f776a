/** Opens a session and waits until the command in it has begun. */
import { type Clock, ProviderError } from "../../../src/provider.ts";
import type { ChannelEvent } from "../../aws/ssm-session/channel.ts";
import { openSession, type Session, type SessionTicket } from "../../aws/ssm-session/session.ts";

/** A session whose events somebody listens to; those from before are told first. */
export interface Heard {
  readonly session: Session;
  /** From now on, and what has come already. `gone` comes last, and once. */
  listen(listener: (event: ChannelEvent | Gone) => void): void;
}

export interface Gone {
  readonly is: "gone";
  readonly error: ProviderError | undefined;
}

export async function openHeard(ticket: SessionTicket, clock: Clock): Promise<Heard> {
  const early: (ChannelEvent | Gone)[] = [];
  let tell = (event: ChannelEvent | Gone): void => void early.push(event);
  const session = await openSession(ticket, {
    clock,
    onEvent: (event) => tell(event),
    onGone: (error) => tell({ is: "gone", error }),
  });
  return {
    session,
    listen(listener) {
      tell = listener;
      for (const event of early.splice(0)) listener(event);
    },
  };
}

/** Until the agent of a new task is connected, and until it says its first word, milliseconds. */
export const PATIENCE_MS = 10_000;
const PAUSE_MS = 500;

/** Asks again while the agent is not connected; `explain` says why at the end. */
export async function connectedTicket(
  ask: () => Promise<SessionTicket>,
  explain: (error: ProviderError) => Promise<{ readonly error: ProviderError; readonly final: boolean }>,
  clock: Clock,
  signal: AbortSignal,
): Promise<SessionTicket> {
  const until = clock.monotonic() + PATIENCE_MS - 2_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ProviderError) || !isAway(error)) throw error;
      const { error: told, final } = await explain(error);
      if (final || clock.monotonic() >= until) throw told;
      await clock.sleep(PAUSE_MS, signal);
    }
  }
}

/** ECS says the same of a task without ECS Exec and of an agent that is still to come. */
export function isAway({ reason, message }: ProviderError): boolean {
  return (
    reason.startsWith("TargetNotConnected") || /agent isn.t running|not enabled when the task was run/.test(message)
  );
}
