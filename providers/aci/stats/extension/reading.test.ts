import { describe, expect, test } from "vitest";
import type { ContainerView } from "../../groups/shapes.ts";
import { ended, groupOf, ms, owner, running } from "../../groups/testing.ts";
import { observe } from "../../groups/observe.ts";
import { statsOf } from "./reading.ts";

/** A group of `main` and `side`, as far as they are told. */
function state(main: ContainerView, sidecar?: ContainerView) {
  const group = groupOf({ main, ...(sidecar && { sidecar }) });
  const seen = observe(group, { ...owner, network: "routed", version: 1 });
  if (seen === undefined) throw new Error("no picture");
  return seen;
}

const runs: ContainerView = { restartCount: 0, currentState: running() };
const used = {
  cpu: { usageCoreNanoSeconds: 1_500_000_000 },
  memory: { usageBytes: 9, workingSetBytes: 7, rssBytes: 5 },
};
const names = (view: ReturnType<typeof state>) => view.containers.map(({ name }) => name);

const told = (containers: readonly object[], more: object = {}): string =>
  JSON.stringify({
    timestamp: ms(20) * 1e6,
    cpu: { usageCoreNanoSeconds: 99 },
    memory: { usageBytes: 99, workingSetBytes: 99, rssBytes: 99 },
    network: { name: "eth0", rxBytes: 1_000, txBytes: 500, interfaces: [] },
    containers,
    ...more,
  });

describe("the stats of a group", () => {
  test("are those of the pod's containers that run, in seconds and bytes, with the extension's time", () => {
    const seen = state(runs);
    expect(
      statsOf(
        seen,
        told([
          { name: "main", ...used },
          { name: "azure-own", ...used },
        ]),
        ms(20),
      ),
    ).toEqual({
      identity: seen.identity,
      network: { rxBytes: 1_000, txBytes: 500 },
      containers: [{ name: "main", time: ms(20), startedAt: ms(5), cpuSeconds: 1.5, memoryBytes: 7, rssBytes: 5 }],
    });
  });

  test("leave out a container that has ended, and one that nothing is told of", () => {
    const seen = state(runs, { restartCount: 0, currentState: ended(0) });
    expect(names(seen)).toHaveLength(2);
    const all = names(seen).map((name) => ({ name, ...used }));
    expect(statsOf(seen, told(all), 0)?.containers.map(({ name }) => name)).toEqual(["main"]);
    expect(statsOf(seen, told([{ name: "other", ...used }]), 0)).toBeUndefined();
  });

  test.for([
    ["no processor time", { ...used, cpu: {} }],
    ["no figures", {}],
    ["no working set", { ...used, memory: { usageBytes: 9, workingSetBytes: 0 } }],
  ] as const)("are none of a container with %s", ([, part]) => {
    expect(statsOf(state(runs), told([{ name: "main", ...part }]), 0)).toBeUndefined();
  });

  test("tell a processor time of 0 beside the memory of a program that has slept so far", () => {
    const slept = { ...used, cpu: { usageCoreNanoSeconds: 0 } };
    expect(statsOf(state(runs), told([{ name: "main", ...slept }]), 0)?.containers).toMatchObject([
      { cpuSeconds: 0, memoryBytes: 7 },
    ]);
  });

  test("are none where they are too old, or where the answer is something else", () => {
    const [seen, all] = [state(runs), [{ name: "main", ...used }]];
    expect(statsOf(seen, told(all), ms(20) + 1)).toBeUndefined();
    expect(statsOf(seen, told(all, { timestamp: 0 }), 0)).toBeUndefined();
    for (const text of ["", "<html>", "[]", "null"]) expect(statsOf(seen, text, 0)).toBeUndefined();
  });

  test("have no traffic where none is told", () => {
    expect(statsOf(state(runs), told([{ name: "main", ...used }], { network: {} }), 0)?.network).toBeUndefined();
  });
});
