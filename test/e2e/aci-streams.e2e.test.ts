/** kubectl's streams on Azure: commands by its websockets into groups of the stand-in that are processes of this host. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, soon } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { type AciWorld, startAciWorld } from "./worlds/aci-world.ts";
import { finish, start } from "./kubectl.ts";
import { kubectlOf, serving, streamTests } from "./streams-matrix.ts";
import { isReady, podManifest } from "./worlds/world.ts";

const image = "docker.io/library/busybox:1.37";

describeWith(["go", "namespaces", "root", "busybox"], "streams on Azure Container Instances", () => {
  let cloud: AciWorld;
  beforeAll(async () => {
    cloud = await startAciWorld({ runtime: "process" });
    const { world } = cloud;
    const counting = ["sh", "-c", "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.1; done"];
    await world.cluster.apply([
      podManifest("box", { image, command: serving, container: { ports: [{ containerPort: 7001 }] } }),
      podManifest("talks", { image, command: counting }),
      podManifest("crashes", { image, command: ["sh", "-c", "echo last words; sleep 1; exit 3"] }),
    ]);
    for (const name of ["box", "talks"]) await world.until(name, "is ready", isReady);
  });
  afterAll(() => cloud?.stop());

  streamTests(() => cloud, { closed: "port 7009 of" });

  it.concurrent("logs: the last lines, those since a moment ago with their times, and as they come", async () => {
    const kubectl = kubectlOf(cloud);
    const talked = async () => (await finish(kubectl, ["logs", "talks"])).stdout.toString().includes("line 230\n");
    await eventually("it has said much", talked, 100_000);
    const tail = await finish(kubectl, ["logs", "talks", "--tail=2"]);
    expect(tail.stdout.toString()).toMatch(/^line (\d+)\nline (\d+)\n$/);
    // On a busy machine it may say nothing for a second.
    await soon(async () => {
      const since = await finish(kubectl, ["logs", "talks", "--since=1s", "--timestamps"]);
      expect(since.stdout.toString()).toMatch(/^(\d{4}-\d\d-\d\dT[\d:.]+Z line \d+\n){1,40}$/);
    });
    const follow = start(kubectl, ["logs", "-f", "talks", "--tail=1"]);
    const numbers = (): number[] => [...follow.stdout().matchAll(/^line (\d+)$/gm)].map(([, number]) => Number(number));
    await eventually("new lines come", () => numbers().length >= 5);
    const [first = 0] = numbers();
    expect(numbers()).toEqual(numbers().map((_, index) => first + index));
    follow.kill();
  });

  it.concurrent("attach shows what a container says from now on", async () => {
    const attached = start(kubectlOf(cloud), ["attach", "talks"]);
    await eventually("it is heard", () => /line \d+\n.*line \d+\n/s.test(attached.stdout()));
    attached.kill();
  });

  it.concurrent("logs --previous has the last words of the run before", async () => {
    const { world } = cloud;
    await world.until("crashes", "has run again", (pod) => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
    await eventually("they are there", async () => {
      return (await finish(kubectlOf(cloud), ["logs", "crashes", "--previous"])).stdout.toString() === "last words\n";
    });
  });

  it.concurrent.for(["Always", "OnFailure", "Never"] as const)(
    "logs -f of a deleted pod ends with its last words, under %s",
    async (restartPolicy) => {
      const { world } = cloud;
      const name = `leaves-${restartPolicy.toLowerCase()}`;
      const ends = "trap 'echo last words; exit 7' TERM; echo begins; while :; do sleep 0.1; done";
      const lingers = { name: "other", image, command: ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"] };
      const main = { name: "main", image, command: ["sh", "-c", ends] };
      await world.cluster.apply(
        podManifest(name, { restartPolicy, graceSeconds: 20, spec: { containers: [main, lingers] } }),
      );
      await world.until(name, "is ready", isReady);
      const follow = start(kubectlOf(cloud), ["logs", "-f", name, "-c", "main"]);
      await eventually("it is followed", () => follow.stdout() === "begins\n");
      await world.cluster.kubectl("delete", "pod", name, "--wait=false");
      const { code, stdout, stderr } = await follow.ended;
      expect([stdout.toString(), stderr, code]).toEqual(["begins\nlast words\n", "", 0]);
      const log = await finish(kubectlOf(cloud), ["logs", name, "-c", "main"]);
      expect([log.stdout.toString(), log.stderr]).toEqual(["begins\nlast words\n", ""]);
    },
  );

  it.concurrent("logs -f of a pod that is gone at once has its last words all the same", async () => {
    const { world } = cloud;
    const command = ["sh", "-c", "trap 'echo last words; exit 7' TERM; echo begins; while :; do sleep 0.1; done"];
    for (let nth = 0; nth < 4; nth++) {
      const name = `at-once-${nth}`;
      // It takes none of its grace, which a busy machine may use up before it is asked to end.
      await world.cluster.apply(podManifest(name, { image, command, graceSeconds: 30 }));
      await world.until(name, "is ready", isReady);
      const follow = start(kubectlOf(cloud), ["logs", "-f", name]);
      await eventually("it is followed", () => follow.stdout() === "begins\n");
      await world.cluster.kubectl("delete", "pod", name, "--wait=false");
      const { code, stdout } = await follow.ended;
      expect([stdout.toString(), code]).toEqual(["begins\nlast words\n", 0]);
    }
  });

  it.concurrent("says the exact reason: no such program, no such container, no debugging of what runs", async () => {
    const said = async (...words: string[]) => (await finish(kubectlOf(cloud), words)).stderr;
    expect(await said("exec", "box", "--", "nosuch")).toMatch(/nosuch.*not found[^]*exit code 127/);
    expect(await said("exec", "box", "-c", "none", "--", "true")).toContain("none");
    const debug = ["debug", "box", `--image=${image}`, "--container=dbg", "--", "true"];
    await said(...debug);
    await eventually("the pod's owner is told", async () => {
      const events = await cloud.world.eventsOf("box");
      return events.some((event) => event.includes("adds no container to a pod that runs already"));
    });
  });
});
