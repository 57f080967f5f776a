import { expect, it } from "vitest";
import { isIn, localProcess } from "./local-process.ts";

const id = "a9403110fd817166d99e9eb52f23f43d3aef14360fea8134a13ba3b538897ded";

it.for<[string, string, boolean]>([
  ["podman, cgroupfs, v1", `9:name=systemd:/libpod_parent/libpod-${id}\n8:pids:/libpod_parent/libpod-${id}\n`, true],
  ["podman, systemd, v2", `0::/machine.slice/libpod-${id}.scope/container\n`, true],
  ["Docker, cgroupfs", `0::/docker/${id}\n`, true],
  ["Docker, systemd", `0::/system.slice/docker-${id}.scope\n`, true],
  ["podman's monitor", `0::/machine.slice/libpod-conmon-${id}.scope\n`, false],
  ["another container", `0::/docker/${id.replace("a", "b")}\n`, false],
  ["nothing", "", false],
])("a process belongs to a container by its control group: %s", ([, groups, belongs]) => {
  expect(isIn(groups, id)).toBe(belongs);
});

it("finds no process for a container that is not on this machine", async () => {
  expect(await localProcess(id)).toBeUndefined();
});
