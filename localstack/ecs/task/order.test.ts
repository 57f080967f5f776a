import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rowOf } from "./order.ts";

const after = (
  name: string,
  ...waits: readonly (readonly [string, "START" | "SUCCESS" | "COMPLETE" | "HEALTHY"])[]
) => ({
  name,
  dependsOn: waits.map(([containerName, condition]) => ({ containerName, condition })),
});
const inWords = (containers: Parameters<typeof rowOf>[0]): string =>
  rowOf(containers)
    .map(({ name, kind, awaitsHealth }) => `${name} ${kind}${awaitsHealth ? " until healthy" : ""}`)
    .join(", ");

describe("the row of a task's containers", () => {
  test("what is waited for comes first: its end makes it an init container, its start a sidecar", () => {
    const app = after("app", ["init", "SUCCESS"], ["proxy", "START"]);
    expect(inWords([app, after("init"), after("proxy")])).toBe("proxy sidecar, init init, app main");
  });

  test("init containers run one after the other", () => {
    const row = [after("one"), after("two", ["one", "SUCCESS"]), after("app", ["two", "SUCCESS"])];
    expect(inWords(row)).toBe("one init, two init, app main");
  });

  test("what waits for nothing does not wait for init containers", () => {
    const row = [after("init"), after("app", ["init", "SUCCESS"]), after("sentinel")];
    expect(inWords(row)).toBe("sentinel sidecar, init init, app main");
  });

  test("a sidecar whose health is waited for holds up what comes later", () => {
    expect(inWords([after("db"), after("app", ["db", "HEALTHY"])])).toBe("db sidecar until healthy, app main");
  });

  test("containers that wait for nobody and for whom nobody waits start together", () => {
    expect(inWords([after("a"), after("b")])).toBe("a main, b main");
  });

  test("nothing stands before what it waits for, and everything stands once", () => {
    const graph = fc
      .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 10 })
      .map((rows) =>
        rows.map((waits, index) =>
          after(
            `c${index}`,
            ...(index === 0 ? [] : waits.map((wait) => [`c${wait % index}`, wait % 2 ? "SUCCESS" : "START"] as const)),
          ),
        ),
      );
    fc.assert(
      fc.property(graph, (containers) => {
        const names = rowOf(containers).map(({ name }) => name);
        expect(names.toSorted()).toEqual(containers.map(({ name }) => name).toSorted());
        for (const { name, dependsOn } of containers) {
          for (const { containerName } of dependsOn) {
            expect(names.indexOf(containerName)).toBeLessThan(names.indexOf(name));
          }
        }
        expect(rowOf(containers).at(-1)?.kind).not.toBe("init");
      }),
    );
  });
});
