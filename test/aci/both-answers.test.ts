/** What nobody has asked Azure itself has several answers in the stand-in: burstlet lives with each of them. */
import { describe, expect, test } from "vitest";
import type { ScenarioInput } from "../../localstack/scenario/schema.ts";
import { eventually } from "../support/eventually.ts";
import type { TaskState } from "../../src/provider.ts";
import { podWith } from "../support/resolve-sources.ts";
import { openAci } from "./testing.ts";

type Switches = NonNullable<NonNullable<ScenarioInput["switches"]>["azure"]>;

const others: Switches = {
  quotaAnswer: "later",
  capacityAnswer: "later",
  imageAnswer: "later",
  window: "at its end",
  windowScope: "location",
  retryAfter: "absent",
  deleteAnswer: "202",
  deletedGroup: "visible",
  endSignal: "SIGTERM",
  endedGroups: "not counted",
  patch: "restarts",
  transition: "refused",
  endedPut: "refused",
  previousState: "null",
  crashWord: "",
  oomWord: "Error",
  endedEvents: "told",
  never: "run again",
  moved: "forgotten",
  evictionEvent: "silent",
  subnetAddress: "absent",
  gigabyte: "10^9",
};

describe.concurrent.for<[string, Switches]>([
  ["the answers that seem likelier", {}],
  ["the other answer to everything", others],
])("with %s", ([, switches]) => {
  const scenario: ScenarioInput = { switches: { azure: switches } };
  const job = (script: Readonly<Record<string, string>>) => {
    const env = Object.entries(script).map(([name, value]) => ({ name: `SCRIPT_${name}`, value }));
    return podWith({ image: "scripted", env }, { restartPolicy: "Never" });
  };

  test("a pod runs, and is gone when it has been deleted; one group was made, and none is left", async () => {
    await using aci = await openAci(scenario);
    const { id } = await aci.launch();
    await aci.until("it runs", ({ phase }) => phase === "running");
    await aci.launch();
    await aci.remove(id);
    await eventually("Azure has nothing of it", () => Object.keys(aci.azure.cloud.groups.counts()).length === 0);
    const events = aci.azure.cloud.ledger.entries.map(({ event }) => event);
    expect(events.filter((event) => event === "group put" || event === "group run")).toEqual([
      "group put",
      "group run",
    ]);
  });

  test.for([
    [{ RUN: "0", EXIT: "0" }, 0],
    [{ RUN: "0", EXIT: "3" }, 3],
  ] as const)("a pod that never restarts and does %j has ended with %i, the first time", async ([script, exitCode]) => {
    await using aci = await openAci(scenario);
    await aci.launch({}, job(script));
    const ended = await aci.until("it has ended", ({ containers }) => containers[0]?.state.is === "terminated");
    expect(ended.containers).toMatchObject([{ instance: 0, state: { is: "terminated", exitCode } }]);
  });

  test("a pod that the platform has moved runs on", async () => {
    await using aci = await openAci(scenario);
    await aci.launch();
    const startOf = ({ containers }: TaskState): number => {
      const [container] = containers;
      return container?.state.is === "running" ? container.state.startedAt : 0;
    };
    const before = await aci.until("it runs", (state) => startOf(state) > 0);
    const [group = ""] = aci.azure.cloud.ledger.entries.flatMap((one) =>
      one.event === "group put" ? [one.group] : [],
    );
    aci.azure.cloud.groups.restart(group, 7147);
    const again = await aci.until("it runs again", (state) => startOf(state) > startOf(before));
    expect(again).toMatchObject({ phase: "running", containers: [{ instance: switches.moved === undefined ? 1 : 0 }] });
    expect(again.disrupted).toBeUndefined();
  });

  test("no room anywhere leaves a pod that waits and no group that runs", async () => {
    await using aci = await openAci({ ...scenario, azure: { locations: { westeurope: { capacity: 0 } } } });
    const launched = aci.launch().then(
      ({ phase }) => phase,
      ({ kind }: { kind: string }) => kind,
    );
    expect(await launched).toBe(switches.capacityAnswer === "later" ? "starting" : "noCapacity");
    expect(aci.azure.cloud.ledger.entries.some(({ event }) => event === "group run")).toBe(false);
  });
});
