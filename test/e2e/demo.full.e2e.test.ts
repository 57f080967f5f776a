import { it } from "vitest";
import { describeWith } from "../support/requirements.ts";
import { expectShown } from "./demo.ts";

describeWith(["go", "namespaces", "root", "busybox"], "burstlet demo", () => {
  it.for(["fargate", "aci"])("shows the examples of %s over the stand-in", async (provider) => {
    await expectShown(provider, "deployment.yaml", "config.yaml", "job.yaml", "multi-container.yaml");
  });
});
