import { describe, expect, test } from "vitest";
import { admitted, admittedWorld } from "../../test/support/pods.ts";
import { podOf, podWith } from "../../test/support/resolve-sources.ts";
import type { Pod } from "../../src/provider.ts";
import { labels } from "./request.ts";
import { definitionsOf, executionRole, mainOf, refusalsOf, requestOf, translated } from "./translate/testing.ts";

const world = admittedWorld;

describe("a pod becomes a task", () => {
  const pod = admitted(
    podOf(
      {
        terminationGracePeriodSeconds: 45,
        containers: [
          {
            name: "main",
            image: "busybox:1",
            command: ["sh", "-c"],
            args: ["echo $(WHO)"],
            workingDir: "/tmp",
            env: [{ name: "WHO", value: "me" }],
            ports: [{ containerPort: 80 }, { containerPort: 53, protocol: "UDP" }],
            resources: { requests: { cpu: "500m", memory: "64Mi" }, limits: { memory: "1Gi" } },
            tty: true,
          },
        ],
      },
      { labels: { app: "web" } },
    ),
  );

  test("whose definition has what all of its kind share, and whose overrides have the rest", async () => {
    const translation = await translated(pod, { world });
    const { request } = translation;
    const hash = request?.definition.family.slice("bl-".length);
    expect(hash).toMatch(/^[0-9a-f]{32}$/);
    expect(request).toEqual({
      definition: {
        family: `bl-${hash}`,
        content: {
          networkMode: "awsvpc",
          requiresCompatibilities: ["FARGATE"],
          runtimePlatform: { cpuArchitecture: "X86_64", operatingSystemFamily: "LINUX" },
          cpu: "256",
          memory: "512",
          executionRoleArn: executionRole,
          containerDefinitions: [
            {
              name: "main",
              image: "busybox:1",
              essential: true,
              entryPoint: ["sh", "-c"],
              workingDirectory: "/tmp",
              portMappings: [
                { containerPort: 80, protocol: "tcp" },
                { containerPort: 53, protocol: "udp" },
              ],
              pseudoTerminal: true,
              stopTimeout: 45,
              logConfiguration: {
                logDriver: "awslogs",
                options: {
                  "awslogs-group": "/burstlet",
                  "awslogs-region": "eu-central-1",
                  "awslogs-stream-prefix": "bl",
                  mode: "non-blocking",
                  "max-buffer-size": "25m",
                },
              },
              dockerLabels: { [labels.kind]: "main", [labels.index]: "0", [labels.template]: hash },
            },
          ],
        },
      },
      secrets: [],
      overrides: {
        cpu: "512",
        memory: "1024",
        containerOverrides: [
          {
            name: "main",
            command: ["echo me"],
            environment: [
              { name: "HOSTNAME", value: "web" },
              { name: "WHO", value: "me" },
            ],
            cpu: 512,
            memory: 1024,
            memoryReservation: 64,
          },
        ],
      },
      placement: {
        places: [
          { market: "on-demand", subnet: "subnet-a" },
          { market: "on-demand", subnet: "subnet-b" },
        ],
        securityGroups: [],
        assignPublicIp: false,
        platformVersion: "1.4.0",
      },
      tags: [
        { key: "app", value: "web" },
        { key: "burstlet.dev/pod", value: "web" },
        { key: "burstlet.dev/namespace", value: "ns" },
      ],
      volumes: [],
      exec: false,
      vcpu: 0.5,
    });
    expect(translation).toMatchObject({ provisioned: "0.5vCPU 1GB", hourlyUsd: 0.024685 });
  });

  test("on ARM64, with logs that block and the node's task role, where the configuration says so", async () => {
    const taskRoleArn = "arn:aws:iam::123456789012:role/task";
    const config = { architecture: "arm64", logs: { group: "/own", mode: "blocking" }, taskRoleArn };
    const translation = await translated(pod, { world, config, context: { region: "mx-central-1" } });
    const { content } = translation.request?.definition ?? {};
    expect(content).toMatchObject({ taskRoleArn, runtimePlatform: { cpuArchitecture: "ARM64" } });
    expect(content?.containerDefinitions?.[0]?.logConfiguration?.options).toEqual({
      "awslogs-group": "/own",
      "awslogs-region": "mx-central-1",
      "awslogs-stream-prefix": "bl",
      mode: "blocking",
    });
    expect(translation).toMatchObject({ hourlyUsd: 0.01975 });
  });

  test.for<[seconds: number, stopTimeout: number]>([
    [0, 1],
    [30, 30],
    [3600, 120],
  ])("with a grace of %i seconds as far as ECS goes: %i", async ([seconds, stopTimeout]) => {
    expect((await mainOf(podOf({ terminationGracePeriodSeconds: seconds }))).stopTimeout).toBe(stopTimeout);
  });

  test("that shares its processes where the pod does", async () => {
    expect((await requestOf(podOf({ shareProcessNamespace: true }))).definition.content.pidMode).toBe("task");
    expect((await requestOf(podOf({}))).definition.content).not.toHaveProperty("pidMode");
  });

  test("in which each port is told once, whoever names it", async () => {
    const containers = ["a", "b"].map((name) => ({
      name,
      image: "i",
      ports: [{ containerPort: 80 }, { containerPort: 80 }],
    }));
    const found = definitionsOf(await requestOf(podOf({ containers })));
    expect(found.get("a")?.portMappings).toEqual([{ containerPort: 80, protocol: "tcp" }]);
    expect(found.get("b")).not.toHaveProperty("portMappings");
  });

  test("whose tags are no more than a task may have, with the pod's own names last", async () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`l${n}`, "x"]));
    const { tags } = await requestOf(podOf({}, { labels: { ...many, "burstlet.dev/pod": "forged" } }));
    expect(tags.length).toBeLessThanOrEqual(45);
    expect(tags.filter(({ key }) => key === "burstlet.dev/pod")).toEqual([{ key: "burstlet.dev/pod", value: "web" }]);
  });
});

describe("one definition serves", () => {
  /** The nth pod of a Deployment, as a node gets to see it. */
  function replica(nth: number): Pod {
    const { spec = { containers: [] } } = podWith({
      command: ["sh", "-c", "echo $(POD)"],
      env: [
        { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        { name: "MODE", value: nth % 2 === 0 ? "odd" : "even" },
      ],
      resources: { requests: { cpu: `${100 + nth}m` }, limits: { memory: `${64 + nth}Mi` } },
    });
    const pod = admitted({ metadata: { name: `web-${nth}.x`, namespace: "ns", uid: `uid-${nth}` }, spec });
    return JSON.parse(JSON.stringify(pod).replaceAll("x7k2p", `token${nth}`)) as Pod;
  }

  test("a thousand pods of one Deployment with default settings", async () => {
    const requests = await Promise.all(
      Array.from({ length: 1_000 }, async (_, nth) => requestOf(replica(nth), { world })),
    );
    expect(new Set(requests.map(({ definition }) => JSON.stringify(definition))).size).toBe(1);
    expect(new Set(requests.map(({ overrides }) => JSON.stringify(overrides))).size).toBe(1_000);
    expect(requests[7]?.overrides.containerOverrides?.[0]?.command).toEqual(["echo web-7.x"]);
  });

  test("no two pods with other images, ports, users, graces or probes", async () => {
    const others = [
      podWith({}),
      podWith({ image: "busybox:2" }),
      podWith({ command: ["true"] }),
      podWith({ ports: [{ containerPort: 1 }] }),
      podWith({ securityContext: { runAsUser: 1 } }),
      podWith({}, { terminationGracePeriodSeconds: 3 }),
      podWith({ livenessProbe: { exec: { command: ["true"] } } }),
      podWith({}, { shareProcessNamespace: true }),
    ];
    const families = await Promise.all(others.map(async (pod) => (await requestOf(pod)).definition.family));
    expect(new Set(families).size).toBe(others.length);
  });

  test("pods whatever their names, which are in no family", async () => {
    const name = `${"long.".repeat(50)}x`;
    const { definition } = await requestOf(podOf({}, { name, namespace: "n".repeat(63) }));
    expect(definition.family).toMatch(/^[\w-]{1,255}$/);
    expect(JSON.stringify(definition)).not.toContain("long");
  });
});

describe("a pod is refused", () => {
  test("with every reason at once: fields, values, annotations, sizes and budgets", async () => {
    const pod = podOf(
      {
        hostNetwork: true,
        containers: [
          {
            name: "main",
            image: "x".repeat(300),
            args: ["$(PASSWORD)"],
            env: [{ name: "PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "password" } } }],
            resources: { requests: { cpu: "33" }, limits: { "ephemeral-storage": "201Gi" } },
          },
        ],
      },
      { annotations: { "fargate.burstlet.dev/task-role-arn": "arn:aws:iam::123456789012:role/admin" } },
    );
    const options = {
      world: { secrets: { db: { data: { password: "hush" } } } },
      config: { executionRoleArn: undefined },
    };
    const refusals = await refusalsOf(pod, options);
    expect(refusals.map((text) => text.split(": ")[0])).toEqual([
      "spec.hostNetwork",
      "spec.containers[0].args",
      "metadata.annotations[fargate.burstlet.dev/task-role-arn]",
      "metadata.annotations[fargate.burstlet.dev/execution-role-arn]",
      "spec.containers[].resources",
      "spec.containers[].resources",
      "spec.containers[0].image",
    ]);
    expect(refusals.join()).not.toContain("hush");
    expect(refusals[4]).toContain("asks for 33 vCPU and 0 MiB of memory");
    expect(refusals[5]).toContain("asks for 201 GiB of ephemeral storage, and a task has at most 200");
    expect(refusals[6]).toContain("at most 255 characters of an image's name, this one 300.");
  });

  test("when nobody could write its logs: ECS would say so only when the definition is registered", async () => {
    expect(await refusalsOf(podOf({}), { config: { executionRoleArn: undefined } })).toEqual([
      "metadata.annotations[fargate.burstlet.dev/execution-role-arn]: ECS needs a role to write logs and pull images: " +
        "set fargate.executionRoleArn of the node's configuration.",
    ]);
  });

  test("for more than ten containers, the helper counted", async () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `c${n}`, image: "i" }));
    expect(await refusalsOf(podOf({ containers: many(10) }))).toEqual([]);
    expect(await refusalsOf(podOf({ containers: many(11) }))).toEqual([
      "spec.containers: A task has at most 10 containers, this one 11.",
    ]);
    expect(await refusalsOf(podOf({ containers: many(10), restartPolicy: "Never" }))).toEqual([
      "spec.containers: A task has at most 10 containers with burstlet's helper, this one 11.",
    ]);
  });
});
