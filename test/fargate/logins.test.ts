/** imagePullSecrets: the login that a task's image is pulled with goes through Secrets Manager, by its ARN. */
import { describe, expect, test } from "vitest";
import type { ScenarioInput } from "../../localstack/scenario/schema.ts";
import { podOf, podWith, type World } from "../support/resolve-sources.ts";
import { type Fargate, openFargate, uidOf } from "./testing.ts";

const image = "reg.example/team/app:1";
const scenario: ScenarioInput = { images: { [image]: { login: { username: "robot", password: "pa55" } } } };

const holding = (password: string): World => {
  const auths = { "reg.example": { username: "robot", password } };
  return {
    secrets: {
      pull: { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": JSON.stringify({ auths }) } },
    },
  };
};
const imagePullSecrets = [{ name: "pull" }];
const pod = podWith({ image }, { imagePullSecrets });

/** What ECS shows of the login of each container, by name. */
async function credentialsOf({ world }: Fargate, arn: string): Promise<Record<string, unknown>> {
  const { containerDefinitions = [] } = await world.definitionOf(arn);
  return Object.fromEntries(
    containerDefinitions.map(({ name, repositoryCredentials }) => [name, repositoryCredentials]),
  );
}

const loginsOf = ({ world }: Fargate) => world.aws.secrets().filter(({ name }) => name.startsWith("burstlet/"));

describe("a pod with a pull secret", () => {
  test("is pulled with its login, which ECS shows by ARN alone and Secrets Manager has once", async () => {
    await using fargate = await openFargate(scenario);
    const watched = fargate.watch();
    const tasks = await Promise.all([1, 2].map(async (n) => fargate.launch(uidOf(n), {}, pod, holding("pa55"))));
    for (const n of [1, 2]) await watched.until("it runs", uidOf(n), ({ phase }) => phase === "running");
    const [login, ...others] = loginsOf(fargate);
    expect(others).toEqual([]);
    expect(login?.reads).toBe(2);
    for (const { id } of tasks) {
      expect(await credentialsOf(fargate, id)).toEqual({ main: { credentialsParameter: login?.arn } });
      expect(JSON.stringify(await fargate.world.definitionOf(id))).not.toMatch(/pa55|robot/);
    }
  });

  test("has it for init containers too, and for images of that registry alone", async () => {
    await using fargate = await openFargate(scenario);
    const mixed = podOf({
      imagePullSecrets,
      initContainers: [{ name: "first", image }],
      containers: [
        { name: "main", image },
        { name: "beside", image: "scripted" },
      ],
    });
    const { id } = await fargate.launch(uidOf(1), {}, mixed, holding("pa55"));
    const [login] = loginsOf(fargate);
    const own = { credentialsParameter: login?.arn };
    expect(await credentialsOf(fargate, id)).toEqual({ first: own, main: own, beside: undefined });
  });

  test.for<[string, typeof pod, World]>([
    ["whose login is wrong", pod, holding("guessed")],
    ["that is not there", pod, {}],
  ])("%s waits with the registry's own words, and shows no login", async ([, wrong, objects]) => {
    await using fargate = await openFargate(scenario);
    const watched = fargate.watch();
    await fargate.launch(uidOf(1), {}, wrong, objects);
    const { containers } = await watched.until("it has stopped", uidOf(1), ({ phase }) => phase === "stopped");
    const message = expect.stringContaining("pull access denied") as string;
    expect(containers.map(({ state }) => state)).toEqual([{ is: "waiting", reason: "ErrImagePull", message }]);
    expect(JSON.stringify(containers)).not.toMatch(/guessed|robot/);
  });

  test("waits where the execution role may not read the login, with the right that is missing", async () => {
    await using fargate = await openFargate({ ...scenario, secretless: ["burstlet-execution"] });
    const watched = fargate.watch();
    await fargate.launch(uidOf(1), {}, pod, holding("pa55"));
    const { containers } = await watched.until("it has stopped", uidOf(1), ({ phase }) => phase === "stopped");
    const message = expect.stringMatching(
      /get registry auth from asm.*not authorized to perform: secretsmanager:GetSecretValue/,
    ) as string;
    expect(containers.map(({ state }) => state)).toEqual([{ is: "waiting", reason: "ErrImagePull", message }]);
  });
});
