import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";

/** What every AWS client of one node is made from: `new ECSClient(session.clientConfig)`. */
export interface AwsSession {
  readonly clientConfig: ClientConfig;
  /** Closes the connections. */
  close(): void;
}

export interface SessionOptions {
  /** Default AWS_REGION, then the shared configuration file. */
  readonly region?: string | undefined;
  /** Default AWS_ENDPOINT_URL, then AWS. */
  readonly endpoint?: string | undefined;
}

export interface ClientConfig {
  readonly region?: string;
  readonly endpoint?: string;
  readonly maxAttempts: 1;
  readonly customUserAgent: [string][];
  readonly requestHandler: {
    readonly httpAgent: HttpAgent;
    readonly httpsAgent: HttpsAgent;
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: true;
  };
}

/** Calls at once: the fastest family (RunTask and StopTask) sends 40 a second, and AWS answers well within a second. */
const SOCKETS = 64;
const CONNECT_MS = 5_000;
/** RunTask takes some seconds at worst; an answer that is later than this will not come. */
const ANSWER_MS = 30_000;

/**
 * One pool of connections for all clients. The SDK never repeats a call: buckets come before it, and whether to try again
 * is the core's decision, which knows what the call was for. Credentials are the default chain's, read anew as they expire.
 */
export function createSession({ region, endpoint }: SessionOptions): AwsSession {
  const agent = { keepAlive: true, maxSockets: SOCKETS };
  const httpAgent = new HttpAgent(agent);
  const httpsAgent = new HttpsAgent(agent);
  return {
    clientConfig: {
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
      maxAttempts: 1,
      customUserAgent: [["burstlet"]],
      requestHandler: {
        httpAgent,
        httpsAgent,
        connectionTimeout: CONNECT_MS,
        requestTimeout: ANSWER_MS,
        // Without it the SDK warns on the console and waits on.
        throwOnRequestTimeout: true,
      },
    },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}
