import { type ECSClient, ExecuteCommandCommand } from "@aws-sdk/client-ecs";
import { type SSMClient, StartSessionCommand, TerminateSessionCommand } from "@aws-sdk/client-ssm";
import type { Limiter } from "../../../src/provider.ts";
import { awsError } from "../../aws/errors.ts";
import type { SessionTicket } from "../../aws/ssm-session/session.ts";
import type { EcsBuckets } from "../quotas/buckets.ts";

/** What opens and ends sessions into containers. Every method rejects with a ProviderError. */
export interface ExecClient {
  /** On a terminal. `line`: words as shells write them; the agent starts them without a shell. */
  executeCommand(task: string, container: string, line: string, signal: AbortSignal): Promise<SessionTicket>;
  /** `target`: `ecs:<cluster>_<task id>_<runtime id>`. */
  startSession(
    target: string,
    document: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<SessionTicket>;
  /** Ends what runs in it. */
  terminate(sessionId: string): Promise<void>;
}

export interface ExecClientParts {
  readonly ecs: ECSClient;
  readonly ssm: SSMClient;
  readonly cluster: string;
  readonly buckets: Pick<EcsBuckets, "executeCommand">;
  readonly sessions: Limiter;
}

export function createExecClient({ ecs, ssm, cluster, buckets, sessions }: ExecClientParts): ExecClient {
  return {
    async executeCommand(task, container, command, signal) {
      const input = { cluster, task, container, command, interactive: true };
      const send = async () => ecs.send(new ExecuteCommandCommand(input), { abortSignal: signal });
      const { session } = await buckets.executeCommand(async () => asked(send, signal), signal);
      return { id: session?.sessionId ?? "", streamUrl: session?.streamUrl ?? "", token: session?.tokenValue ?? "" };
    },
    async startSession(target, document, parameters, signal) {
      const lists = Object.entries(parameters).map(([name, value]) => [name, [value]] as const);
      const input = { Target: target, DocumentName: document, Parameters: Object.fromEntries(lists) };
      const command = new StartSessionCommand(input as never);
      const send = async () => ssm.send(command, { abortSignal: signal });
      const { SessionId, StreamUrl, TokenValue } = await sessions.run(async () => asked(send, signal), signal);
      return { id: SessionId ?? "", streamUrl: StreamUrl ?? "", token: TokenValue ?? "" };
    },
    async terminate(SessionId) {
      await sessions.run(async () => asked(async () => ssm.send(new TerminateSessionCommand({ SessionId }))));
    },
  };
}

async function asked<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    throw awsError(error);
  }
}
