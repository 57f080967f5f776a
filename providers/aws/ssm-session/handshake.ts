/** The handshake of a session: what the agent asks of the client, and the answer. Pure. */
import { parsed } from "./message.ts";

/**
 * What we say that we are. From 1.2.331 on the agent keeps no keep-alives of its own in a forwarded port; from 1.2.295 it sends
 * the exit code and standard error apart (amazon-ssm-agent). No version of ours means anything to it.
 */
export const CLIENT_VERSION = "1.2.707.0";

const SUCCESS = 1;
const FAILED = 2;
const UNSUPPORTED = 3;

interface Request {
  readonly AgentVersion?: string;
  readonly RequestedClientActions?: readonly {
    readonly ActionType?: string;
    readonly ActionParameters?: { readonly SessionType?: string };
  }[];
}

export interface HandshakeAnswer {
  readonly agentVersion: string;
  readonly sessionType: string | undefined;
  readonly response: object;
  /** Why the session cannot go on. */
  readonly trouble: string | undefined;
}

const sessionTypes: readonly string[] = ["Standard_Stream", "InteractiveCommands", "NonInteractiveCommands", "Port"];

const encrypted =
  "the account encrypts its sessions with a key of KMS, which burstlet cannot: remove kmsKeyId from the executeCommandConfiguration of the ECS cluster and from the preferences of Session Manager";

/** `undefined`: the payload is no request. */
export function answerHandshake(payload: Buffer): HandshakeAnswer | undefined {
  const request = parsed<Request>(payload);
  if (request === undefined) return undefined;
  const done = (request.RequestedClientActions ?? []).map(({ ActionType: type = "", ActionParameters: wish }) => {
    if (type === "SessionType" && sessionTypes.includes(wish?.SessionType ?? ""))
      return { ActionType: type, ActionStatus: SUCCESS, ActionResult: null, Error: "" };
    const sentence = type === "KMSEncryption" ? encrypted : `${type} ${wish?.SessionType ?? ""} is not known`;
    const status = type === "SessionType" ? FAILED : UNSUPPORTED;
    return { ActionType: type, ActionStatus: status, ActionResult: null, Error: sentence };
  });
  const errors = done.flatMap(({ Error: sentence }) => (sentence === "" ? [] : [sentence]));
  const session = request.RequestedClientActions?.find(({ ActionType }) => ActionType === "SessionType");
  return {
    agentVersion: request.AgentVersion ?? "",
    sessionType: session?.ActionParameters?.SessionType,
    response: { ClientVersion: CLIENT_VERSION, ProcessedClientActions: done, Errors: errors },
    trouble: errors[0],
  };
}
