/** What holds for tasks that really run, whatever runs them. */
import { GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { type ContainerDefinition, StopTaskCommand } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import type { World } from "../testing.ts";

const logConfiguration = {
  logDriver: "awslogs" as const,
  options: { "awslogs-group": "/burstlet", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "bl" },
};

/** The first process of a container gets SIGTERM only if it has a trap for it. */
const untilTerm = "trap 'exit 143' TERM; while :; do sleep 0.1; done";

interface Statistics {
  readonly read: string;
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } };
  readonly memory_stats: { readonly usage: number };
}

/** What a second container of a task finds of the first one's names of hosts and resolver, by the switch `networkFiles`. */
export const networkAnswers = { shared: ["1", "1"], own: ["0", "0"] } as const;

/**
 * Order, output, signals, health, usage, and the helper that asks the metadata endpoint. `image`: a busybox. `answers`:
 * those of `networkAnswers` that the runtime can give.
 */
export function realTaskTests(
  world: () => World,
  image: string,
  answers: readonly (keyof typeof networkAnswers)[] = ["shared", "own"],
): void {
  const shell = (name: string, script: string, change: Partial<ContainerDefinition> = {}): ContainerDefinition => {
    return { name, image, entryPoint: ["/bin/sh", "-c"], command: [script], logConfiguration, ...change };
  };
  const run = (...containerDefinitions: ContainerDefinition[]) =>
    world().run({ containerDefinitions, volumes: [{ name: "shared" }] });
  const exits = async (arn: string) => {
    const { containers = [] } = await world().reaches(arn, "STOPPED");
    return Object.fromEntries(containers.map(({ name = "", exitCode }) => [name, exitCode]));
  };
  const output = async (arn: string, container: string) => {
    const logStreamName = `bl/${container}/${arn.split("/").at(-1)}`;
    const answer = await world().logs.send(
      new GetLogEventsCommand({ logGroupName: "/burstlet", logStreamName, startFromHead: true }),
    );
    return (answer.events ?? []).map(({ message }) => message);
  };
  /** Its output, once that has as many lines: CloudWatch may have them later than ECS tells the end. */
  const linesOf = (arn: string, container: string, count: number) =>
    eventually(`${count} lines of ${container}`, async () => {
      const lines = await output(arn, container);
      return lines.length >= count && lines;
    });

  test("runs init containers first, shares volumes, and ends with its exit codes and output", async () => {
    const shared = { mountPoints: [{ sourceVolume: "shared", containerPath: "/shared" }] };
    const arn = await run(
      shell("init", "echo from init > /shared/word", { essential: false, ...shared }),
      shell("app", "cat /shared/word; echo to stderr >&2; exit 3", {
        dependsOn: [{ containerName: "init", condition: "SUCCESS" }],
        ...shared,
      }),
    );
    expect(await exits(arn)).toEqual({ init: 0, app: 3 });
    expect((await linesOf(arn, "app", 2)).toSorted()).toEqual(["from init", "to stderr"]);
  });

  test("whose init container fails ends without what waits for it", async () => {
    const arn = await run(
      shell("init", "exit 6", { essential: false }),
      shell("app", "echo never", { dependsOn: [{ containerName: "init", condition: "SUCCESS" }] }),
    );
    expect(await exits(arn)).toEqual({ init: 6, app: 143 });
    expect((await world().look(arn))?.stopCode).toBe("TaskFailedToStart");
    await expect(output(arn, "app")).resolves.toEqual([]);
  });

  test("has an address of its own, its overrides and the variables of ECS", async () => {
    const arn = await world().run(
      {
        containerDefinitions: [
          shell("app", `env; ${untilTerm}`, { environment: [{ name: "WHO", value: "template" }] }),
        ],
      },
      { overrides: { containerOverrides: [{ name: "app", environment: [{ name: "WHO", value: "pod" }] }] } },
    );
    const task = await world().reaches(arn, "RUNNING");
    expect(task.containers?.[0]?.networkInterfaces?.[0]?.privateIpv4Address).toMatch(/^10\./);
    await eventually("its variables are in the log", async () => {
      const lines = await output(arn, "app");
      return lines.includes("WHO=pod") && lines.includes("AWS_REGION=us-east-1");
    });
    await world().ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn }));
    expect(await exits(arn)).toEqual({ app: 143 });
  });

  test("gets SIGTERM and may say goodbye; what does not listen is killed after its stopTimeout", async () => {
    const arn = await run(
      shell("polite", "trap 'echo goodbye; exit 7' TERM; echo ready; while :; do sleep 0.1; done", { stopTimeout: 30 }),
      shell("deaf", "trap '' TERM; echo ready; while :; do sleep 0.1; done", { stopTimeout: 2 }),
    );
    for (const name of ["polite", "deaf"]) {
      await eventually(`${name} is ready`, async () => (await output(arn, name)).includes("ready"));
    }
    await world().ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn }));
    expect(await exits(arn)).toEqual({ polite: 7, deaf: 137 });
    expect(await linesOf(arn, "polite", 2)).toEqual(["ready", "goodbye"]);
  });

  test("with a helper that asks the metadata endpoint ends when all of its main containers have", async () => {
    const poll = [
      `ended() { wget -q -O - "$ECS_CONTAINER_METADATA_URI_V4/task" | tr -d " \\n" | sed 's/"DockerId"/\\n&/g' ` +
        `| grep -E '"Name":"(one|two)"' | grep -c '"KnownStatus":"STOPPED"'; }`,
      'until [ "$(ended)" = 2 ]; do sleep 0.2; done',
    ];
    const arn = await run(
      shell("one", "exit 0", { essential: false }),
      shell("two", "sleep 1; exit 4", { essential: false }),
      shell("helper", poll.join("\n")),
    );
    expect(await exits(arn)).toEqual({ one: 0, two: 4, helper: 0 });
    expect((await world().look(arn))?.stopCode).toBe("EssentialContainerExited");
  });

  test("is told by the metadata endpoint what each container uses that runs, and null of one that does not", async () => {
    const ask = (path: string) => `echo "$(wget -q -O - "$ECS_CONTAINER_METADATA_URI_V4${path}")"`;
    const busy = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
    const arn = await run(
      shell("init", "exit 0", { essential: false }),
      shell("app", `${busy}; sleep 1; ${ask("/stats")}; ${ask("/task/stats")}; ${untilTerm}`, {
        dependsOn: [{ containerName: "init", condition: "SUCCESS" }],
      }),
    );
    const [own = "", all = ""] = await eventually("both answers are in the log", async () => {
      const lines = await output(arn, "app").catch(() => []);
      return lines.length === 2 && lines;
    });
    const { containers = [] } = (await world().look(arn)) ?? {};
    const idOf = (name: string) => containers.find((one) => one.name === name)?.runtimeId ?? "";
    const told = JSON.parse(all) as Record<string, unknown>;
    expect(told[idOf("init")]).toBeNull();
    expect(told[idOf("app")]).toMatchObject({ name: "app" });
    expect(JSON.parse(own)).toMatchObject({
      name: "app",
      cpu_stats: { cpu_usage: { total_usage: expect.any(Number) as number } },
      memory_stats: { usage: expect.any(Number) as number, stats: { total_inactive_file: 0 } },
      networks: { eth1: { rx_bytes: expect.any(Number) as number } },
    });
    const { read, cpu_stats: cpu, memory_stats: memory } = JSON.parse(own) as Statistics;
    expect(Date.parse(read)).toBeLessThanOrEqual(world().aws.clock.now());
    expect(cpu.cpu_usage.total_usage).toBeGreaterThan(1e6);
    expect(memory.usage).toBeGreaterThan(0);
    await world().ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn }));
    await world().reaches(arn, "STOPPED");
  });

  test("is healthy as its check, executed in the container, finds", async () => {
    const healthCheck = { command: ["CMD-SHELL", "test -f /tmp/ready"], interval: 5, retries: 1 };
    const arn = await run(shell("app", `mkdir -p /tmp; touch /tmp/ready; ${untilTerm}`, { healthCheck }));
    await world().reaches(arn, "RUNNING");
    world().aws.clock.advance(5000);
    await eventually("it is healthy", async () => (await world().look(arn))?.healthStatus === "HEALTHY");
    await world().ecs.send(new StopTaskCommand({ cluster: "burstlet", task: arn }));
    await world().reaches(arn, "STOPPED");
  });

  test.for(answers)("has %s files with the names of hosts and its resolver", async (networkFiles) => {
    world().aws.scenario.change({ switches: { networkFiles } });
    const edits = "echo 10.1.2.3 db >> /etc/hosts; echo options ndots:3 >> /etc/resolv.conf";
    const containerDefinitions = [
      { ...shell("first", edits), essential: false },
      shell("app", "grep -c '^10.1.2.3 db' /etc/hosts; grep -c ndots:3 /etc/resolv.conf; true", {
        dependsOn: [{ containerName: "first", condition: "SUCCESS" }],
      }),
    ];
    const arn = await world().run({ containerDefinitions });
    expect(await exits(arn)).toMatchObject({ app: 0 });
    expect(await linesOf(arn, "app", 2)).toEqual(networkAnswers[networkFiles]);
  });

  test("shares a file system of EFS with others, and has a volume of EBS for itself, which goes with it", async () => {
    world().aws.scenario.change({
      fileSystems: { "fs-0a1b2c3d": { accessPoints: { "fsap-0a1b2c3d": { path: "/app" } } } },
    });
    const efs = { fileSystemId: "fs-0a1b2c3d", transitEncryption: "ENABLED" } as const;
    const volumes = [
      { name: "all", efsVolumeConfiguration: efs },
      { name: "app", efsVolumeConfiguration: { ...efs, authorizationConfig: { accessPointId: "fsap-0a1b2c3d" } } },
      { name: "disk", configuredAtLaunch: true },
    ];
    const roleArn = "arn:aws:iam::123456789012:role/burstlet-infrastructure";
    const volumeConfigurations = [{ name: "disk", managedEBSVolume: { sizeInGiB: 20, roleArn } }];
    const mountPoints = volumes.map(({ name }, index) => ({
      sourceVolume: name,
      containerPath: `/${name}`,
      readOnly: index === 1,
    }));
    const runs = async (script: string) => {
      const containerDefinitions = [shell("app", script, { mountPoints })];
      const arn = await world().run({ containerDefinitions, volumes }, { volumeConfigurations });
      return { exits: await exits(arn), output: await linesOf(arn, "app", 2) };
    };
    const first = await runs("echo hello > /all/app/word; echo mine > /disk/word; touch /app/x 2>&1 || ls /disk");
    expect(first).toEqual({ exits: { app: 0 }, output: [expect.stringContaining("Read-only"), "word"] });
    const second = await runs("cat /app/word; ls -A /disk; stat -c '%u %a' /disk");
    expect(second).toEqual({ exits: { app: 0 }, output: ["hello", "0 755"] });
  });

  test("of an image that nobody has cannot be pulled", async () => {
    const arn = await run({ name: "app", image: "127.0.0.1:1/nobody/has-this:1" });
    const { stoppedReason } = await world().reaches(arn, "STOPPED");
    expect(stoppedReason).toMatch(/^CannotPullContainerError: .*nobody\/has-this:1/);
  });
}
