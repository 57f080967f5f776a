/** What a pod on a node with ECS Exec is told. */
import { expect, test } from "vitest";
import { podOf, podWith } from "../../../test/support/resolve-sources.ts";
import { type Pod, supportFindings } from "../../../src/provider.ts";
import { supportOf } from "../support.ts";

const found = (effect: "changed" | "refused", pod: Pod, exec: boolean): string[] =>
  supportFindings(pod, supportOf({ exec }), effect).map(({ path }) => path);
const security = "spec.containers[0].securityContext";
const tight = podWith({ securityContext: { readOnlyRootFilesystem: true, runAsUser: 1000 } });

test("what its agent does not heed is told, and nothing is refused for it", () => {
  expect(found("changed", tight, true)).toEqual([`${security}.runAsUser`, `${security}.readOnlyRootFilesystem`]);
  expect(found("changed", podOf({ securityContext: { runAsUser: 7 } }), true)).toEqual([
    "spec.securityContext.runAsUser",
  ]);
  expect(found("refused", tight, true)).toEqual([]);
});

test("who is root anyway, or may write, is told nothing; and nobody is without it", () => {
  const usual = podWith({ securityContext: { readOnlyRootFilesystem: false, runAsUser: 0 } });
  expect(found("changed", usual, true)).toEqual([]);
  expect(found("changed", tight, false)).toEqual([]);
});

test("without a word of the configuration there is none", () => {
  expect(supportFindings(tight, supportOf({}), "changed")).toEqual([]);
});
