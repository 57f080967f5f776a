import type { GroupEntry } from "../ledger.ts";
import { ApiError } from "../../server/service.ts";
import type { ArmAccount, Work } from "../account.ts";
import { invalid, transitioning } from "../errors.ts";
import { isOver } from "../group/decide.ts";
import type { GroupLife } from "../group/life.ts";
import { groupPicture } from "../group/picture.ts";
import { containersOf } from "../group/record.ts";
import { groupId } from "../ids.ts";
import { groupInput, type GroupInput } from "../input/group.ts";
import { readBody } from "../input/read.ts";
import { admit } from "../rules/admission.ts";
import { checkGroup } from "../rules/group.ts";
import { sizeOf } from "../rules/sizes.ts";
import { operationHeader, placeOf } from "./place.ts";

/** Makes a group; of one that is there it starts the containers anew, also where nothing has changed. */
export const putGroup: Work = (account, request) => {
  const place = placeOf(request);
  const existing = account.groups.find(place);
  const isNew = existing === undefined;
  let tags = {};
  try {
    const input = readBody(groupInput, request.body, "a container group");
    tags = input.tags;
    const life = isNew ? created(account, place, input) : changed(account, existing, input);
    write(account, { ...life.record, group: life.record.id }, { outcome: isNew ? "created" : "restarted" });
    if (isNew) life.begin();
    else void life.renew("Updating");
    return {
      status: isNew ? 201 : 200,
      body: groupPicture(life.record, "put", account.scenario.now.switches.azure),
      headers: operationHeader(request.base, life.record.operation),
    };
  } catch (error) {
    const reason = error instanceof ApiError ? `${error.type}: ${error.message}` : String(error);
    write(account, { group: groupId(place), tags, uid: "", location: "" }, { outcome: "refused", reason });
    throw error;
  }
};

function created(account: ArmAccount, place: ReturnType<typeof placeOf>, input: GroupInput): GroupLife {
  const { groups, scenario } = account;
  checkGroup(place.name, input);
  admit(place.name, input, groups.room(input), scenario.now);
  return groups.create(place, input);
}

/** Size, system and policy of a group are fixed (Azure's page on updates); the code is from memory. */
function changed({ groups, scenario }: ArmAccount, life: GroupLife, input: GroupInput): GroupLife {
  const { record } = life;
  if (record.provisioning === "Pending" || record.provisioning === "Creating" || record.deleted)
    throw transitioning(record.name);
  const fixed = ({ location, properties: { osType, restartPolicy } }: GroupInput): string =>
    JSON.stringify([location, osType, restartPolicy]);
  const sizes = [sizeOf(input), record.size].map((size) => JSON.stringify(size));
  if (fixed(input) !== fixed(record.input) || sizes[0] !== sizes[1])
    throw invalid(
      "InvalidContainerGroupUpdate",
      `The updates on container group '${record.name}' are invalid. If you are going to update the os type, restart policy, network profile, CPU, memory or GPU resources for a container group, you must delete it first and then create a new one.`,
    );
  if (isOver(record) && scenario.now.switches.azure.endedPut === "refused")
    throw invalid(
      "ContainerGroupTerminated",
      `The container group '${record.name}' has ended: deploy it as a new one.`,
    );
  checkGroup(record.name, input);
  admit(record.name, input, groups.room(input, record), scenario.now);
  Object.assign(record, {
    input,
    tags: input.tags,
    containers: containersOf(input),
    operation: groups.operate(record),
  });
  return life;
}

type Put = Extract<GroupEntry, { event: "group put" }>;

function write(
  { ledger, clock }: ArmAccount,
  { group, tags, uid, location }: Pick<Put, "group" | "tags" | "uid" | "location">,
  what: Pick<Put, "outcome" | "reason">,
): void {
  ledger.write({ at: clock.now(), event: "group put", group, tags, uid, location, ...what });
}
