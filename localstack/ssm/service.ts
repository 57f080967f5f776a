import { WebSocketServer } from "ws";
import { z } from "zod";
import { read } from "../ecs/input/read.ts";
import { taskArn } from "../ecs/names.ts";
import { isAgentConnected } from "../ecs/rules/exec-agent.ts";
import type { Tasks } from "../ecs/tasks.ts";
import type { ScenarioBox } from "../scenario/box.ts";
import type { Gate } from "../server/gate.ts";
import { jsonService } from "../server/json.ts";
import { ApiError, notSimulated, type PathService, type Service } from "../server/service.ts";
import { parameterOperations } from "./parameters/operations.ts";
import type { ParameterStore } from "./parameters/store.ts";
import type { Sessions, Wish } from "./sessions.ts";

export interface SsmAccount {
  readonly scenario: ScenarioBox;
  readonly tasks: Tasks;
  readonly sessions: Sessions;
  readonly parameters: ParameterStore;
}

const startInput = z.strictObject({
  Target: z.string().min(1),
  DocumentName: z.string().default("SSM-SessionManagerRunShell"),
  Parameters: z.record(z.string(), z.array(z.string())).default({}),
  Reason: z.string().optional(),
});

const terminateInput = z.strictObject({ SessionId: z.string().min(1) });

/** Systems Manager, as far as sessions into containers of tasks and Parameter Store go. */
export function ssmService(account: SsmAccount, gate: Gate): Service {
  return jsonService({
    name: "ssm",
    target: "AmazonSSM",
    gate,
    operations: {
      ...parameterOperations(account.parameters),
      StartSession(input) {
        const session = account.sessions.start(
          wishOf(account, read(startInput, input, "StartSession", "ValidationException")),
        );
        return { SessionId: session.id, StreamUrl: session.url, TokenValue: session.token };
      },
      TerminateSession(input) {
        const { SessionId } = read(terminateInput, input, "TerminateSession", "ValidationException");
        account.sessions.terminate(SessionId);
        return { SessionId };
      },
    },
  });
}

/** `ecs:<cluster>_<task>_<runtime id of the container>`. */
const target = /^ecs:([\w-]+)_([0-9a-f]{32})_([\w-]+)$/;

function wishOf({ scenario, tasks }: SsmAccount, wish: z.output<typeof startInput>): Wish {
  const { DocumentName: document, Parameters: parameters } = wish;
  const [, cluster, id = "", runtimeId] = target.exec(wish.Target) ?? [];
  const record = tasks.find(id)?.record;
  const container = record?.containers.find((one) => one.runtimeId === runtimeId);
  const { switches } = scenario.now;
  if (
    record?.clusterName !== cluster ||
    record === undefined ||
    container === undefined ||
    !isAgentConnected(record, container) ||
    switches.execAgent === "away"
  )
    throw new ApiError("TargetNotConnected", `${wish.Target} is not connected.`);
  const one = (name: string): string => parameters[name]?.[0] ?? "";
  const refuse = (): ApiError =>
    new ApiError(
      "InvalidDocument",
      `Document ${document} cannot be used with ${taskArn(scenario.now, cluster ?? "", id)}.`,
    );
  switch (document) {
    case "AWS-StartNonInteractiveCommand":
      if (switches.nonInteractiveSessions === "refused") throw refuse();
      // Without it the agent sends everything at the end, and no exit code.
      if (one("separateOutputStream").toLowerCase() !== "true") throw notSimulated("outputs that are not separate");
      return { kind: "pipes", task: record, container, line: one("command") };
    case "AWS-StartPortForwardingSession":
      if (switches.portSessions === "refused") throw refuse();
      return { kind: "port", task: record, container, port: Number(one("portNumber")) };
    default:
      throw notSimulated(`session document ${document}`);
  }
}

/** The data channels: WebSockets on the stand-in's own port. */
export function dataChannels(sessions: Sessions): PathService {
  const sockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false });
  return {
    name: "ssmmessages",
    prefixes: ["/v1/data-channel/"],
    requestIdHeader: "x-amzn-requestid",
    answer: async () => Promise.resolve({ status: 426, headers: { upgrade: "websocket" }, body: "" }),
    upgrade(request, socket, head) {
      const { pathname } = new URL(request.url ?? "/", "http://stand-in");
      const id = decodeURIComponent(pathname.split("/").at(-1) ?? "");
      sockets.handleUpgrade(request, socket, head, (client) => sessions.connect(id, client, socket));
    },
  };
}
