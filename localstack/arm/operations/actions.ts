import { armError, transitioning } from "../errors.ts";
import type { ArmAccount, ArmRequest, Work } from "../account.ts";
import type { GroupLife } from "../group/life.ts";
import { groupOf, operationUrl } from "./place.ts";

/** Of a group that is not on its way. */
function settledGroup(account: ArmAccount, request: ArmRequest): GroupLife {
  const life = groupOf(account, request);
  const { provisioning, name } = life.record;
  if (provisioning !== "Succeeded" && provisioning !== "Failed") throw transitioning(name);
  return life;
}

function renewed(account: ArmAccount, request: ArmRequest, status: number) {
  const life = settledGroup(account, request);
  life.record.operation = account.groups.operate(life.record);
  void life.renew("Updating");
  return { status, headers: { location: operationUrl(request.base, life.record.operation, "operationresults") } };
}

export const startGroup: Work = (account, request) => renewed(account, request, 202);

export const restartGroup: Work = (account, request) => {
  const { record } = groupOf(account, request);
  // The code is that of people's reports, its status from memory.
  if (record.stopped) throw armError(409, "ContainerGroupStopped", `The container group '${record.name}' is stopped.`);
  return renewed(account, request, 204);
};

/** Answers when all has ended. */
export const stopGroup: Work = async (account, request) => {
  await settledGroup(account, request).stop();
  return { status: 204 };
};
