import type { Target } from "../streams/exec.ts";
import { notSimulated } from "../../server/service.ts";
import type { ArmAccount, ArmRequest, Work } from "../account.ts";
import { armError } from "../errors.ts";
import { execInput } from "../input/group.ts";
import { readBody } from "../input/read.ts";
import { containerOf, groupOf } from "./place.ts";

/** Of a container that has ended too Azure promises a stream, as recorded; nothing comes of it. */
export const execute: Work = (account, request) => {
  const { runtime, scenario, sessions } = account;
  const target = targetOf(account, request);
  if (runtime.exec === undefined) throw notSimulated(`exec on the ${runtime.kind} runtime`);
  const { command, terminalSize } = readBody(execInput, request.body, "exec");
  const isSplit = scenario.now.switches.azure.execCommand === "split";
  const argv = isSplit ? command.split(/\s+/).filter((word) => word !== "") : [command];
  return promised(request, sessions.promise({ kind: "exec", argv, ...terminalSize, target }));
};

export const attach: Work = (account, request) => {
  const target = targetOf(account, request);
  const password = account.scenario.now.switches.azure.attachPassword;
  return promised(request, account.sessions.promise({ kind: "attach", target, password }));
};

function promised({ base }: ArmRequest, { path, password }: { readonly path: string; readonly password: string }) {
  return { status: 200, body: { webSocketUri: `${base.replace(/^http/, "ws")}${path}`, password } };
}

/** The run that is there; `undefined`: it does not run. */
function targetOf(account: ArmAccount, request: ArmRequest): Target | undefined {
  const life = groupOf(account, request);
  const { name, instance, current } = containerOf(life, request);
  // The code is that of people's reports, its status from memory.
  if (life.record.stopped)
    throw armError(409, "ContainerGroupStopped", `The container group '${life.record.name}' is stopped.`);
  const { deployment } = life;
  if (deployment === undefined || current?.state !== "Running") return undefined;
  return { task: deployment.task, container: name, instance };
}
