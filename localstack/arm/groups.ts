import type { TaskIdentity } from "../../src/model/identity.ts";
import type { Living } from "../follow.ts";
import { GroupLife } from "./group/life.ts";
import { containersOf, type GroupRecord, type OperationRecord } from "./group/record.ts";
import type { Surroundings } from "./group/surroundings.ts";
import { groupId, type GroupPlace, guid, sameName } from "./ids.ts";
import type { GroupInput } from "./input/group.ts";
import { laterTrouble, type Room } from "./rules/admission.ts";
import { sizeOf } from "./rules/sizes.ts";
import { usageOf } from "./rules/usage.ts";

/** Every group of the subscription, and the operations on them. */
export interface Groups {
  /** Deleted ones too, until they are gone. */
  readonly all: readonly GroupRecord[];
  /** Those that GET and list tell. */
  readonly visible: readonly GroupLife[];
  find(place: GroupPlace): GroupLife | undefined;
  /** By name or id, for whoever does not care for the resource group. */
  named(nameOrId: string): GroupLife | undefined;
  /** What the runtime runs under this identity. */
  living(identity: TaskIdentity): Living | undefined;
  /** One that has not begun yet. */
  create(place: GroupPlace, input: GroupInput): GroupLife;
  remove(life: GroupLife): Promise<void>;
  /** What is in use of the place of this group. */
  room(input: GroupInput, except?: GroupRecord): Room;
  /** A new one on this group. */
  operate(record: Pick<GroupRecord, "id" | "location">): OperationRecord;
  operation(id: string): OperationRecord | undefined;
  close(): Promise<void>;
}

/** `newId`: 32 hexadecimal digits. */
export function createGroups(around: Surroundings, newId: () => string): Groups {
  const lives = new Map<string, GroupLife>();
  const operations = new Map<string, OperationRecord>();
  const all = (): GroupRecord[] => [...lives.values()].map(({ record }) => record);
  const isVisible = ({ record }: GroupLife): boolean =>
    !record.deleted || around.scenario.now.switches.azure.deletedGroup === "visible";
  const visible = (): GroupLife[] => [...lives.values()].filter(isVisible);
  const operate: Groups["operate"] = ({ id, location }) => {
    const startTime = around.clock.now();
    const operation: OperationRecord = { id: guid(newId()), groupId: id, location, startTime, status: "Pending" };
    operations.set(operation.id, operation);
    return operation;
  };
  const room: Groups["room"] = (input, except) => {
    const others = all().filter((record) => record !== except);
    const { endedGroups } = around.scenario.now.switches.azure;
    return {
      usage: usageOf(others, input.location, endedGroups),
      inSubnet: (id) =>
        others.filter(({ input: { properties } }) => properties.subnetIds.some((one) => sameName(one.id, id))).length,
    };
  };
  return {
    get all() {
      return all();
    },
    get visible() {
      return visible();
    },
    find: (place) => visible().find(({ record }) => sameName(record.id, groupId(place))),
    named: (nameOrId) =>
      visible().find(({ record }) => sameName(record.name, nameOrId) || sameName(record.id, nameOrId)),
    living({ podUid, attempt }) {
      const life = lives.get(podUid);
      return life && { news: (state) => life.news(state), lost: () => life.lost(attempt) };
    },
    create(place, input) {
      const id = groupId(place);
      const operation = operate({ id, location: input.location });
      const record = newRecord(place, input, newId(), operation);
      const trouble = () => laterTrouble(record.name, record.input, room(record.input, record), around.scenario.now);
      const life = new GroupLife(record, { around, trouble, forget: () => void lives.delete(record.uid) });
      lives.set(record.uid, life);
      return life;
    },
    remove: (life) => life.delete(),
    room,
    operate,
    operation: (id) => operations.get(id),
    async close() {
      await Promise.all([...lives.values()].map((life) => life.close()));
    },
  };
}

function newRecord(place: GroupPlace, input: GroupInput, uid: string, operation: OperationRecord): GroupRecord {
  return {
    ...place,
    id: groupId(place),
    uid,
    location: input.location,
    input,
    size: sizeOf(input),
    tags: input.tags,
    provisioning: "Pending",
    stopped: false,
    containers: containersOf(input),
    events: [],
    address: undefined,
    deployment: 1,
    operation,
    deleted: false,
  };
}
