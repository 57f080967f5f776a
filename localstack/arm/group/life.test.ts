import { describe, expect, test } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import {
  type AzureWorld,
  containerBody,
  groupBody,
  initBody,
  openAzure,
  type Picture,
  stateOf,
  viewOf,
} from "../testing.ts";

const runs = (group: Picture): boolean => stateOf(group) === "Running";
const job = (script: Readonly<Record<string, string>>, policy = "Never") =>
  groupBody({ restartPolicy: policy, containers: [containerBody({ script })] });
const ledger = ({ cloud }: AzureWorld, ...events: readonly string[]) =>
  cloud.ledger.entries.filter(({ event }) => events.includes(event));
const operation = async ({ cloud }: AzureWorld, url: string | null) => {
  const headers = { authorization: "Bearer any" };
  const answer = await fetch(url ?? cloud.url, { headers });
  return { status: answer.status, body: (answer.status === 204 ? {} : await answer.json()) as Picture };
};

describe("a group on its way", () => {
  test("is Pending, then Creating, then Succeeded, each for its time, and so is its operation", async () => {
    await using azure = await openAzure({ azure: { times: { pending: 10, pull: 20 } } });
    azure.cloud.clock.setRate(1e-6);
    const put = await azure.group("PUT", "bl-1", groupBody());
    const url = put.headers.get("azure-asyncoperation");
    expect(put.body.properties).toMatchObject({
      provisioningState: "Pending",
      instanceView: { events: [], state: "Pending" },
      initContainers: [],
    });
    expect(viewOf(put.body)).toBeUndefined();
    expect((await operation(azure, url)).body.status).toBe("Pending");
    azure.cloud.clock.advance(11_000);
    const creating = await azure.group("GET", "bl-1");
    expect(creating.body.properties?.provisioningState).toBe("Creating");
    expect(viewOf(creating.body)?.currentState).toEqual({ state: "Waiting", detailStatus: "" });
    azure.cloud.clock.advance(20_000);
    const group = await azure.until("bl-1", runs);
    expect(group.properties?.provisioningState).toBe("Succeeded");
    expect((await operation(azure, url)).body).toMatchObject({ status: "Succeeded", properties: { events: [] } });
  });

  test("has its init containers run one after the other, with the others waiting", async () => {
    await using azure = await openAzure();
    const initContainers = [initBody("first"), initBody("second", { RUN: "forever" })];
    await azure.group("PUT", "bl-1", groupBody({ initContainers }));
    const group = await azure.until("bl-1", (one) => viewOf(one, "second")?.currentState.state === "Running");
    const states = ["first", "second", "app"].map((name) => viewOf(group, name)?.currentState.state);
    expect([states, stateOf(group)]).toEqual([["Terminated", "Running", "Waiting"], "Pending"]);
  });

  test.for([
    ["Never", 0, "Failed"],
    ["Always", 1, "Pending"],
    ["OnFailure", 1, "Pending"],
  ] as const)("under %s has an init container that fails run %i times more", async ([restartPolicy, least, state]) => {
    await using azure = await openAzure({ azure: { times: { crash: 0.01 } } });
    const initContainers = [initBody("init", { EXIT: "4" })];
    await azure.group("PUT", "bl-1", groupBody({ restartPolicy, initContainers }));
    const group = await azure.until("bl-1", (one) => {
      const view = viewOf(one, "init");
      return view?.currentState.exitCode === 4 || (view?.restartCount ?? 0) > 0;
    });
    expect(viewOf(group, "init")?.restartCount).toBeGreaterThanOrEqual(least);
    expect([stateOf(group), viewOf(group, "app")?.currentState.state]).toEqual([state, "Waiting"]);
  });
});

describe("a container that has ended", () => {
  test.for([
    ["Never", "0", 0, "Succeeded"],
    ["Never", "1", 0, "Failed"],
    ["OnFailure", "0", 0, "Succeeded"],
    ["OnFailure", "1", 2, "Running"],
    ["Always", "0", 2, "Running"],
  ] as const)(
    "under %s with %s has run again %i times at least, and the group is %s",
    async ([policy, EXIT, least, state]) => {
      await using azure = await openAzure({ azure: { times: { crash: 0.005 } } });
      await azure.group("PUT", "bl-1", job({ RUN: "0.005", EXIT }, policy));
      const group = await azure.until("bl-1", (one) => {
        const view = viewOf(one);
        return least === 0 ? view?.currentState.state === "Terminated" : (view?.restartCount ?? 0) >= least;
      });
      expect(stateOf(group)).toBe(state);
      expect(ledger(azure, "group run")).toHaveLength(1);
    },
  );

  test("waits longer before each run, and is told so", async () => {
    await using azure = await openAzure({ azure: { times: { crash: 10 } } });
    azure.cloud.clock.setRate(1e-6);
    await azure.group("PUT", "bl-1", job({ RUN: "1", EXIT: "2" }, "Always"));
    const after = async (seconds: number, state: string, count: number) => {
      azure.cloud.clock.advance(seconds * 1000);
      return azure.until("bl-1", (one) => {
        const view = viewOf(one);
        return view?.currentState.state === state && view.restartCount === count;
      });
    };
    await azure.until("bl-1", runs);
    const waiting = await after(1, "Waiting", 0);
    expect(viewOf(waiting)).toMatchObject({
      currentState: { state: "Waiting", detailStatus: "CrashLoopBackOff: Back-off restarting failed" },
      previousState: { state: "Terminated", exitCode: 2 },
    });
    for (const [count, wait] of [10, 20, 40].entries()) {
      await after(wait - 1, "Waiting", count);
      await after(1, "Running", count + 1);
      await after(1, "Waiting", count + 1);
    }
    const group = await azure.until("bl-1", () => true);
    expect(viewOf(group)?.events?.find(({ name }) => name === "BackOff")).toMatchObject({ count: 3 });
  });

  test("under Never is run again once by the platform where a switch says so, which forgets nothing", async () => {
    await using azure = await openAzure({ switches: { azure: { never: "run again" } } });
    await azure.group("PUT", "bl-1", job({ RUN: "0.01", EXIT: "2" }));
    const group = await azure.until("bl-1", (one) => stateOf(one) === "Failed");
    expect(viewOf(group)).toMatchObject({ restartCount: 1, previousState: { state: "Terminated", exitCode: 2 } });
    expect(ledger(azure, "container ended").map((one) => "exitCode" in one && one.exitCode)).toEqual([2, 2]);
  });

  test.for([
    ["oom", "OOMKilled", 137],
    ["oom", "Error", 137],
    ["unknown", "OOMKilled", undefined],
  ] as const)("by %s is told in the word %s", async ([END, oomWord, exitCode]) => {
    await using azure = await openAzure({ switches: { azure: { oomWord } } });
    await azure.group("PUT", "bl-1", job({ RUN: "0", END }));
    const group = await azure.until("bl-1", (one) => stateOf(one) === "Failed");
    const word = END === "oom" ? oomWord : "Error";
    expect(viewOf(group)?.currentState).toMatchObject({ state: "Terminated", detailStatus: word });
    expect(viewOf(group)?.currentState.exitCode).toBe(exitCode);
  });

  test.for(["absent", "null"] as const)("before it has run again previousState is %s", async (previousState) => {
    await using azure = await openAzure({ switches: { azure: { previousState } } });
    await azure.group("PUT", "bl-1", groupBody());
    const view = viewOf(await azure.until("bl-1", runs));
    expect(view !== undefined && "previousState" in view).toBe(previousState === "null");
    expect(view?.previousState ?? null).toBeNull();
  });
});

describe("the platform", () => {
  test.for([
    ["Always", 7147, "Running"],
    ["OnFailure", 7148, "Running"],
    ["Never", 7147, "Failed"],
  ] as const)("moves a group under %s with %i: it is %s", async ([restartPolicy, exitCode, state]) => {
    await using azure = await openAzure();
    await azure.group("PUT", "bl-1", groupBody({ restartPolicy }));
    await azure.until("bl-1", runs);
    azure.cloud.groups.restart("bl-1", exitCode);
    const again = restartPolicy !== "Never";
    const group = await azure.until("bl-1", (one) => {
      const view = viewOf(one);
      return stateOf(one) === state && (!again || (view?.restartCount === 1 && view.currentState.state === "Running"));
    });
    const view = viewOf(group);
    expect(again ? view?.previousState : view?.currentState).toMatchObject({ state: "Terminated", exitCode });
    if (!again) return;
    expect(group.properties?.provisioningState).toBe("Succeeded");
    const told = { type: "Warning", message: expect.stringContaining("platform initiated") as string };
    expect(view?.events?.find(({ name }) => name === "Killing")).toMatchObject(told);
    expect(ledger(azure, "group run")).toHaveLength(2);
  });

  test.for([
    ["told", 1],
    ["silent", 0],
  ] as const)("takes the capacity of a Spot group away, and starts it again (%s)", async ([evictionEvent, events]) => {
    await using azure = await openAzure({ switches: { azure: { evictionEvent } } });
    await azure.group("PUT", "bl-1", groupBody({ priority: "Spot" }));
    await azure.until("bl-1", runs);
    azure.cloud.groups.evict("bl-1");
    const group = await azure.until("bl-1", (one) => viewOf(one)?.restartCount === 1 && runs(one));
    expect(viewOf(group)?.previousState).toMatchObject({ exitCode: 137 });
    expect(viewOf(group)?.events?.filter(({ name }) => name === "Killing")).toHaveLength(events);
  });

  test("moves a group of which it forgets all, where a switch says so", async () => {
    await using azure = await openAzure({ switches: { azure: { moved: "forgotten" } } });
    await azure.group("PUT", "bl-1", groupBody());
    await azure.until("bl-1", runs);
    azure.cloud.groups.restart("bl-1", 7147);
    await eventually("a second run", () => ledger(azure, "group run").length === 2);
    const group = await azure.until("bl-1", runs);
    expect([viewOf(group)?.restartCount, viewOf(group)?.previousState]).toEqual([0, undefined]);
    expect(ledger(azure, "container ended").map((one) => "exitCode" in one && one.exitCode)).toEqual([7147]);
  });

  test("has lost a group with its machine: it runs elsewhere", async () => {
    await using azure = await openAzure();
    await azure.group("PUT", "bl-1", job({ RUN: "0.2", END: "disrupted" }, "Always"));
    const group = await azure.until("bl-1", (one) => (viewOf(one)?.restartCount ?? 0) > 0);
    expect(viewOf(group)?.previousState).toMatchObject({ exitCode: expect.any(Number) as number });
  });
});

describe("a PUT on a group that is there", () => {
  test("has its containers start anew, though nothing has changed", async () => {
    await using azure = await openAzure();
    const start = async () => viewOf(await azure.until("bl-1", runs))?.currentState.startTime;
    await azure.group("PUT", "bl-1", groupBody());
    const first = await start();
    expect((await azure.group("PUT", "bl-1", groupBody())).status).toBe(200);
    await eventually("a second start", async () => {
      return (await start()) !== first;
    });
    const puts = ledger(azure, "group put").map((one) => "outcome" in one && one.outcome);
    expect([puts, ledger(azure, "group run").length]).toEqual([["created", "restarted"], 2]);
  });

  test("and is deleted at once, leaves nothing", async () => {
    await using azure = await openAzure({ switches: { azure: { endSignal: "SIGTERM" } } });
    azure.cloud.clock.setRate(1e-6);
    const body = groupBody({ containers: [containerBody({ script: { STOP: "10" } })] });
    await azure.group("PUT", "bl-1", body);
    await azure.until("bl-1", runs);
    await azure.group("PUT", "bl-1", body);
    await azure.group("DELETE", "bl-1");
    azure.cloud.clock.advance(11_000);
    await eventually("it is gone", () => ledger(azure, "group gone").length === 1);
    expect(ledger(azure, "group run")).toHaveLength(1);
  });

  test("is refused while that is on its way, and where it changes what is fixed", async () => {
    await using azure = await openAzure({ azure: { times: { pending: 3600 } } });
    await azure.group("PUT", "bl-1", groupBody());
    const early = await azure.group("PUT", "bl-1", groupBody());
    expect([early.status, early.body.error?.code]).toEqual([409, "ContainerGroupTransitioning"]);
    azure.cloud.clock.advance(3_600_000);
    await azure.until("bl-1", runs);
    const other = await azure.group("PUT", "bl-1", groupBody({ restartPolicy: "Never" }));
    expect(other.body.error?.code).toBe("InvalidContainerGroupUpdate");
  });

  test.for([
    ["started", 200],
    ["refused", 400],
  ] as const)("that has ended is %s", async ([endedPut, status]) => {
    await using azure = await openAzure({ switches: { azure: { endedPut } } });
    const body = job({ RUN: "0" });
    await azure.group("PUT", "bl-1", body);
    await azure.until("bl-1", (one) => stateOf(one) === "Succeeded");
    expect((await azure.group("PUT", "bl-1", body)).status).toBe(status);
  });
});

describe("a group can be", () => {
  test("stopped, started and started anew", async () => {
    await using azure = await openAzure();
    await azure.group("PUT", "bl-1", groupBody());
    await azure.until("bl-1", runs);
    expect((await azure.group("POST", "bl-1/stop")).status).toBe(204);
    const stopped = await azure.group("GET", "bl-1");
    expect([stateOf(stopped.body), viewOf(stopped.body)?.currentState.state]).toEqual(["Stopped", "Terminated"]);
    const exec = await azure.group("POST", "bl-1/containers/app/attach", {});
    expect(exec.body.error?.code).toBe("ContainerGroupStopped");
    expect((await azure.group("POST", "bl-1/restart")).body.error?.code).toBe("ContainerGroupStopped");
    const started = await azure.group("POST", "bl-1/start");
    expect(started.status).toBe(202);
    await azure.until("bl-1", runs);
    await eventually("its operation is over", async () => {
      return (await operation(azure, started.headers.get("location"))).status === 204;
    });
    const restarted = await azure.group("POST", "bl-1/restart");
    expect([restarted.status, restarted.headers.get("location")]).toEqual([
      204,
      expect.stringContaining("operationresults"),
    ]);
    await eventually("the third run", () => ledger(azure, "group run").length === 3);
    await azure.until("bl-1", runs);
    expect(ledger(azure, "group ended").map((one) => "state" in one && one.state)).toEqual(["Stopped"]);
  });

  test.for([
    ["SIGKILL", "100", 0],
    ["SIGTERM", "20", 20],
    ["SIGTERM", "100", 30],
  ] as const)("deleted with %s: a container that takes %s s for its end has %i", async ([endSignal, STOP, seconds]) => {
    await using azure = await openAzure({ switches: { azure: { endSignal } } });
    azure.cloud.clock.setRate(1e-6);
    await azure.group("PUT", "bl-1", groupBody({ containers: [containerBody({ script: { STOP } })] }));
    await azure.until("bl-1", runs);
    await azure.group("DELETE", "bl-1");
    const ends = () => ledger(azure, "container ended", "group gone").length === 2;
    if (seconds > 0) azure.cloud.clock.advance((seconds - 1) * 1000);
    expect(seconds > 0 && ends()).toBe(false);
    azure.cloud.clock.advance(1001);
    await eventually("it is gone", ends);
  });
});
