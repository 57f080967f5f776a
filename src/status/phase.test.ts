import { describe, expect, it } from "vitest";
import { type Phase, phaseOf } from "./phase.ts";
import { kindOf, pod, stateless, status } from "./testing.ts";

type Row = readonly [containers: Record<string, string | number | undefined>, phase: Phase, previous?: Phase];

const phase = (policy: string, [containers, , previous]: Row): Phase => {
  const names = Object.keys(containers);
  const known = names.flatMap((name) => {
    const what = containers[name];
    return what === undefined ? [] : [what === "stateless" ? stateless(name) : status(name, what)];
  });
  const init = known.filter(({ name }) => kindOf(name) !== "main");
  const main = known.filter(({ name }) => kindOf(name) === "main");
  return phaseOf(pod(names, policy).spec ?? { containers: [] }, { init, main }, previous);
};

/** The facts of pkg/kubelet/kubelet_pods_test.go, TestPodPhaseWithRestart… */
const tables: Readonly<Record<string, readonly Row[]>> = {
  Always: [
    [{ a: undefined, b: undefined }, "Pending"],
    [{ a: "waiting", b: "waiting" }, "Pending"],
    [{ a: "running", b: "running" }, "Running"],
    [{ a: 0, b: 1 }, "Running"],
    [{ a: "running", b: 1 }, "Running"],
    [{ a: "running", b: undefined }, "Pending"],
    [{ a: "running", b: "waiting" }, "Pending"],
    [{ a: "running", b: "crashed" }, "Running"],
    [{ a: "crashed", b: "crashed" }, "Running"],
    [{ init1: "running", a: "waiting" }, "Pending"],
    [{ init1: 1, a: "waiting" }, "Pending"],
    [{ init1: "crashed", a: "waiting" }, "Pending"],
    [{ init1: 0, a: "waiting" }, "Pending"],
    [{ init1: 0, a: "running" }, "Running"],
    [{ side1: "running", a: "waiting" }, "Pending"],
    [{ side1: "running", a: "running" }, "Running"],
    [{ side1: "crashed", a: "running" }, "Running"],
  ],
  OnFailure: [
    [{ a: "running", b: 0 }, "Running"],
    [{ a: 0, b: 0 }, "Succeeded"],
    [{ a: 0, b: 1 }, "Running"],
    [{ a: 0, b: "crashed" }, "Running"],
    [{ a: 1, b: 1 }, "Running"],
    [{ init1: 1, a: "waiting" }, "Pending"],
    [{ side1: "running", a: 0 }, "Running"],
    [{ side1: 0, a: 0 }, "Succeeded"],
    [{ side1: 137, a: 0 }, "Succeeded"],
  ],
  Never: [
    [{ a: "waiting", b: "running" }, "Pending"],
    [{ a: "running", b: 1 }, "Running"],
    [{ a: 0, b: 0 }, "Succeeded"],
    [{ a: 0, b: 1 }, "Failed"],
    [{ a: 0, b: undefined }, "Pending"],
    [{ init1: 1, a: "waiting" }, "Failed"],
    [{ init1: 0, init2: 3, a: "waiting" }, "Failed"],
    [{ init1: 0, a: 0 }, "Succeeded"],
    [{ side1: 1, a: "running" }, "Running"],
    [{ side1: "running", a: 1 }, "Running"],
    [{ side1: "crashed", a: 1 }, "Failed"],
    [{ side1: "crashed", a: 0 }, "Succeeded"],
    [{ side1: undefined, a: 0 }, "Succeeded"],
    [{ side1: "stateless", a: 0 }, "Succeeded"],
    [{ a: "stateless" }, "Pending"],
    [{ init1: "stateless", a: "waiting" }, "Pending"],
  ],
};

describe.for(Object.entries(tables))("restartPolicy %s", ([policy, rows]) => {
  it.for(rows.map((row) => [JSON.stringify(row[0]), row[1], row] as const))("%s is %s", ([, wanted, row]) => {
    expect(phase(policy, row)).toBe(wanted);
  });
});

describe("a pod that has been Running", () => {
  it.for<Row>([
    [{ a: "waiting" }, "Running", "Running"],
    [{ a: "running", b: "waiting" }, "Running", "Running"],
    [{ a: 0 }, "Running", "Running"],
    [{ init1: 0, a: "waiting" }, "Running", "Running"],
    [{ side1: "running", a: "waiting" }, "Running", "Running"],
    [{ init1: "running", a: "running" }, "Running", "Running"],
  ])("does not look Pending again: %s", (row) => {
    expect(phase("Always", row)).toBe(row[1]);
  });

  it("does when its init containers run again before any other container has", () => {
    expect(phase("Always", [{ init1: "running", a: "waiting" }, "Pending", "Running"])).toBe("Pending");
  });
});
