import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createObjectStore, type Delta } from "./object-store.ts";

interface Thing {
  readonly metadata: { namespace: string; name: string; uid: string; resourceVersion: string };
}

const thing = (name: string, uid: string, resourceVersion: string): Thing => ({
  metadata: { namespace: "default", name, uid, resourceVersion },
});
const words = (deltas: readonly Delta<Thing>[]): string[] =>
  deltas.map(({ kind, object }) => `${kind} ${object.metadata.name}/${object.metadata.uid}`);

describe("object store", () => {
  it("reports a name that was created again as removed with the old uid, then changed with the new one", () => {
    const store = createObjectStore<Thing>();
    store.apply("ADDED", thing("web", "a", "1"));
    expect(words(store.apply("MODIFIED", thing("web", "b", "2")))).toEqual(["removed web/a", "changed web/b"]);
    expect(words(store.replace([thing("web", "c", "3")]))).toEqual(["removed web/b", "changed web/c"]);
  });

  it("is silent about the end of a predecessor that it has told before", () => {
    const store = createObjectStore<Thing>();
    store.apply("ADDED", thing("web", "b", "2"));
    expect(store.apply("DELETED", thing("web", "a", "3"))).toEqual([]);
    expect(words(store.apply("DELETED", thing("web", "b", "4")))).toEqual(["removed web/b"]);
  });

  it("hands out the last state of a deleted object", () => {
    const store = createObjectStore<Thing>();
    store.apply("ADDED", thing("web", "a", "1"));
    expect(store.apply("DELETED", thing("web", "a", "7"))[0]?.object.metadata.resourceVersion).toBe("7");
  });

  it("does not tell an unchanged object again after a new list, but every missing one as removed", () => {
    const store = createObjectStore<Thing>();
    store.replace([thing("same", "a", "1"), thing("new version", "b", "1"), thing("gone", "c", "1")]);
    const deltas = store.replace([thing("same", "a", "1"), thing("new version", "b", "2")]);
    expect(words(deltas)).toEqual(["removed gone/c", "changed new version/b"]);
  });

  it("leaves its listener with exactly the server's objects, whatever events were lost before a new list", () => {
    const step = fc.record({
      name: fc.constantFrom("a", "b", "c"),
      act: fc.constantFrom("write", "delete", "create again" as const),
      /** Was the event delivered, lost, or did a list replace it? */
      seen: fc.constantFrom("event", "lost", "list" as const),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const server = new Map<string, Thing>();
        const store = createObjectStore<Thing>();
        const live = new Map<string, Thing>();
        const ended = new Set<string>();
        let version = 0;
        let blind = false;
        const tell = (deltas: readonly Delta<Thing>[]): void => {
          for (const { kind, object } of deltas) {
            const { uid, name } = object.metadata;
            expect(ended.has(uid)).toBe(false);
            if (kind === "removed") {
              expect(live.delete(uid)).toBe(true);
              ended.add(uid);
            } else {
              live.set(uid, object);
              expect([...live.values()].filter((each) => each.metadata.name === name)).toHaveLength(1);
            }
          }
        };
        const write = (name: string, uid: string): Thing => {
          const next = thing(name, uid, String(++version));
          server.set(name, next);
          return next;
        };
        for (const { name, act, seen } of steps) {
          const old = server.get(name);
          const events: ["ADDED" | "MODIFIED" | "DELETED", Thing][] = [];
          if (old !== undefined && act !== "write") {
            server.delete(name);
            events.push(["DELETED", old]);
          }
          if (act !== "delete") {
            const uid = act === "write" && old !== undefined ? old.metadata.uid : `uid${version}`;
            events.push([server.has(name) ? "MODIFIED" : "ADDED", write(name, uid)]);
          }
          if (seen === "lost") blind = true;
          // A watch that missed something only goes on after a new list.
          if (seen === "list" || (blind && seen === "event")) {
            tell(store.replace([...server.values()]));
            blind = false;
          } else if (seen === "event") {
            for (const [type, object] of events) tell(store.apply(type, object));
          }
        }
        tell(store.replace([...server.values()]));
        expect(new Set(live.values())).toEqual(new Set(server.values()));
      }),
    );
  });
});
