import { expect, it } from "vitest";
import { wantedTaints } from "./taints.ts";

const at = "2026-01-02T03:04:05Z";
const theirs = { key: "node.kubernetes.io/unreachable", effect: "NoExecute" };
const ours = { key: "burstlet.dev/provider-not-ready", effect: "NoSchedule", timeAdded: at };

it.for([
  ["no trouble, no taint", [theirs], false, undefined],
  ["trouble begins", [theirs], true, [theirs, ours]],
  ["trouble goes on", [theirs, ours], true, undefined],
  ["trouble is over", [ours, theirs], false, [theirs]],
] as const)("%s: the taints of others stay", ([, present, trouble, wanted]) => {
  expect(wantedTaints(present, trouble, at)).toEqual(wanted);
});
