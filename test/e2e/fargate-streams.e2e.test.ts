/** kubectl exec, cp and port-forward on Fargate: sessions into tasks of the stand-in that are processes of this host. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith } from "../support/requirements.ts";
import { type FargateWorld, startFargateWorld } from "./worlds/fargate-world.ts";
import { finish } from "./kubectl.ts";
import { kubectlOf, serving, streamTests } from "./streams-matrix.ts";
import { isReady, podManifest } from "./worlds/world.ts";

const image = "public.ecr.aws/docker/library/busybox:1.37";
const bare = "public.ecr.aws/docker/library/busybox:bare";

describeWith(["go", "namespaces", "root", "busybox"], "streams on Fargate", () => {
  let cloud: FargateWorld;
  beforeAll(async () => {
    cloud = await startFargateWorld({
      runtime: "process",
      fargate: { exec: true },
      scenario: { quotas: { "L-3032A538": 100 }, images: { [bare]: { shell: false } } },
    });
    const { world } = cloud;
    await world.cluster.apply([
      podManifest("box", { image, command: serving }),
      podManifest("bare", { image: bare, command: ["sleep", "3600"] }),
    ]);
    for (const name of ["box", "bare"]) await world.until(name, "is ready", isReady);
  });
  afterAll(() => cloud?.stop());

  streamTests(() => cloud, { closed: "nothing listens on port 7009" });

  it("says the exact reason: no such program, no shell, no attach, an agent that is away, a pod that has ended", async () => {
    const kubectl = kubectlOf(cloud);
    const said = async (...words: string[]) => (await finish(kubectl, words)).stderr;
    expect(await said("exec", "box", "--", "nosuch")).toMatch(/nosuch.*not found[^]*exit code 127/);
    expect(await said("exec", "bare", "--", "nosuch")).toContain('exec: "nosuch": executable file not found in $PATH');
    const input = await finish(kubectl, ["exec", "-i", "bare", "--", "cat"], "x");
    expect(input.stderr).toContain("container main has no shell");
    expect(await said("attach", "box")).toContain("ECS has no way to a container's own streams");
    cloud.aws.scenario.change({ switches: { execAgent: "away" } });
    const begun = performance.now();
    expect(await said("exec", "box", "--", "true")).toContain(
      "the agent of ECS Exec in container main is RUNNING and has not connected",
    );
    expect(performance.now() - begun).toBeLessThan(15_000);
    cloud.aws.scenario.change({ switches: { execAgent: "connected" } });
    expect((await finish(kubectl, ["exec", "box", "--", "echo", "again"])).stdout.toString()).toBe("again\n");
  });
});
