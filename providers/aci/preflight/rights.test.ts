import { expect, test } from "vitest";
import { lacking } from "./rights.ts";

const read = "Microsoft.ContainerInstance/containerGroups/read";
const write = "Microsoft.ContainerInstance/containerGroups/write";

test.for<[what: string, permissions: Parameters<typeof lacking>[0], missing: string[]]>([
  ["nobody's role", [], [read, write]],
  ["everything", [{ actions: ["*"] }], []],
  ["every reading", [{ actions: ["*/read"] }], [write]],
  ["another case of letters", [{ actions: [read.toUpperCase(), write.toLowerCase()] }], []],
  ["what is left out", [{ actions: ["*"], notActions: ["Microsoft.ContainerInstance/*/write"] }], [write]],
  ["what another role adds", [{ actions: ["*"], notActions: ["*/write"] }, { actions: [write] }], []],
  [
    "a name that only begins alike",
    [{ actions: [`${read}x`, "Microsoft.ContainerInstance/containerGroups"] }],
    [read, write],
  ],
  ["a dot that is a dot", [{ actions: ["MicrosoftxContainerInstance/*"] }], [read, write]],
  ["nulls", [{ actions: null, notActions: null }], [read, write]],
])("of %s is lacking what it says", ([, permissions, missing]) => {
  expect(lacking(permissions, [read, write])).toEqual(missing);
});
