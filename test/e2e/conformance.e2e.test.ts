/** A cut of `npm run conformance`: the suite of virtual-kubelet, and those of Kubernetes' tests that take seconds. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { conformanceTests, runKubernetesSuite } from "../conformance/kubernetes/run.ts";
import { knownFailures } from "../conformance/known-failures.ts";
import { type SuitePrograms, suitePrograms } from "../conformance/programs.ts";
import type { SuiteResult } from "../conformance/result.ts";
import { openStage, type Stage } from "../conformance/stage.ts";
import { runVirtualKubeletSuite } from "../conformance/virtual-kubelet/run.ts";
import { describeWith } from "../support/requirements.ts";

/** What a pod asks of its environment, its command, its user, its files and its end, and a resize. */
const quick =
  /^\[sig-node\] (Containers|Downward API|Variable Expansion should allow|Security Context|Secrets should be|PodTemplates|Lease|RuntimeClass|ImageVolume|Kubelet when scheduling an agnhost|Pod InPlace Resize .* replace|InitContainer .* RestartNever)/;

describeWith(["go", "namespaces", "root", "busybox", "engine", "openssl", "curl"], "suites that others wrote", () => {
  let programs: SuitePrograms;
  let stage: Stage;
  beforeAll(async () => {
    programs = suitePrograms();
    stage = await openStage(programs);
  });
  afterAll(async () => {
    await stage?.close();
  });

  const failures = ({ tests }: SuiteResult): readonly string[] =>
    tests.filter(({ passed }) => !passed).map(({ name, message }) => `${name}: ${message}`);

  it("virtual-kubelet's: all of its nine tests pass", async () => {
    const result = await runVirtualKubeletSuite(programs.virtualKubelet, stage.world);
    expect(failures(result)).toEqual([]);
    expect(result.tests).toHaveLength(9);
  });

  it(
    "Kubernetes': its quick tests of a node pass, but for those that are listed as failing",
    { timeout: 300_000 },
    async () => {
      const folder = join(stage.folder, "quick");
      mkdirSync(folder);
      const selects = (test: string): boolean => quick.test(test) && !knownFailures.has(test);
      const { kubeconfig } = stage.world.cluster;
      const run = { title: "quick", selects, kubeconfig, folder, log: join(folder, "e2e.log"), parallel: 6 };
      const result = await runKubernetesSuite(programs, run);
      expect(failures(result)).toEqual([]);
      expect(result.tests.length).toBeGreaterThan(25);
    },
  );

  it("Kubernetes' list of conformance tests has every test that is listed as failing", () => {
    const names = new Set(conformanceTests(programs.e2e));
    expect([...knownFailures.keys()].filter((name) => !names.has(name))).toEqual([]);
  });
});
