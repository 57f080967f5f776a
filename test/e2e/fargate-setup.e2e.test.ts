import { afterAll, beforeAll, expect, it } from "vitest";
import { createAsUsual } from "../../localstack/testing.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/requirements.ts";
import { endsOf, type FargateWorld, launchesOf, startFargateWorld, waitsFor } from "./worlds/fargate-world.ts";
import { start } from "./kubectl.ts";
import { kubectlOf } from "./streams-matrix.ts";
import { hasPhase, podManifest } from "./worlds/world.ts";

describeWith(["go", "namespaces", "root"], "a node on Fargate whose set-up in AWS is not right", () => {
  let cloud: FargateWorld;
  beforeAll(async () => {
    cloud = await startFargateWorld({ scenario: { clusters: [], logGroups: [] } });
  });
  afterAll(() => cloud?.stop());

  it("says so on the node, with every fix; pods wait with the same words, and run once it is mended", async () => {
    const { world, aws } = cloud;
    const ready = async () =>
      (await world.node()).status?.conditions?.find(({ type }) => type === "burstlet.dev/ProviderReady");
    const condition = await eventually("the node says it", async () => {
      const seen = await ready();
      return seen?.reason === "PreflightFailed" && seen;
    });
    const words = [
      "ECS cluster burstlet does not exist in us-east-1 (fix: aws ecs create-cluster --cluster-name burstlet --region us-east-1)",
      "log group /burstlet does not exist in us-east-1 (fix: aws logs create-log-group --log-group-name '/burstlet' --region us-east-1)",
    ];
    expect(condition.status).toBe("False");
    for (const one of words) expect(condition.message).toContain(one);
    const spec = { nodeName: "burst-fargate" };
    await world.cluster.apply(podManifest("waits", { image: "scripted", spec, restartPolicy: "Never" }));
    const pod = await world.until("waits", "says why", (one) => waitsFor(one) === "PreflightFailed");
    for (const one of words) expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain(one);
    expect(aws.calls.of("ecs:RunTask")).toBe(0);
    // However often it has looked.
    await eventually("it has looked again", () => aws.calls.of("ecs:DescribeClusters") > 1);
    expect(world.burstlet.log().split("the provider's set-up is not right")).toHaveLength(2);

    // As the fixes say.
    await createAsUsual(aws.url);
    await eventually("the node is well", async () => (await ready())?.status === "True");
    await world.until("waits", "runs", hasPhase("Running"));
    const launches = launchesOf(cloud);
    expect(launches).toHaveLength(1);

    const task = launches[0]?.taskArn ?? "";
    const follower = start(kubectlOf(cloud), ["logs", "-f", "waits"]);
    aws.print(task, "main", ["hello from Fargate"]);
    await eventually("its log has it", () => follower.stdout().includes("hello from Fargate\n"));
    expect(await world.cluster.kubectl("logs", "waits")).toContain("hello from Fargate\n");
    await world.cluster.kubectl("delete", "pod", "waits", "--wait=false");
    await eventually("its task has been stopped, by nobody else", () => {
      const [ended] = endsOf(cloud);
      return ended?.stopCode === "UserInitiated" && ended.stoppedReason.startsWith("burstlet: ");
    });
    expect((await follower.ended).code).toBe(0);
    await eventually("the pod is gone", async () => (await world.cluster.kubectl("get", "pods", "-o", "name")) === "");
  });
});
