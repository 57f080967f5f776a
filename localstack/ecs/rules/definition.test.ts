import { describe, expect, test } from "vitest";
import { definition } from "../../testing.ts";
import { checkDefinition } from "./definition.ts";
import { registerInput } from "../input/definition.ts";
import { read } from "../input/read.ts";

type Change = Parameters<typeof definition>[0];
type Containers = NonNullable<NonNullable<Change>["containerDefinitions"]>;

const register = (change: Change): void =>
  checkDefinition(read(registerInput, definition(change), "RegisterTaskDefinition", "ClientException"));

const one = (change: Containers[number]): Change => ({
  containerDefinitions: [{ name: "app", image: "x", ...change }],
});
const two = (first: Containers[number], second: Containers[number]): Change => ({
  containerDefinitions: [
    { name: "a", image: "x", ...first },
    { name: "b", image: "x", ...second },
  ],
});

describe("a task definition", () => {
  test.for([
    ["256", "512"],
    ["512", "4096"],
    ["1024", "2048"],
    ["2048", "16384"],
    ["4096", "30720"],
    ["8192", "61440"],
    ["16384", "122880"],
    ["32768", "249856"],
    [".5 vCPU", "1 GB"],
  ] as const)("of %s CPU and %s of memory is accepted", ([cpu, memory]) => {
    expect(() => register({ cpu, memory })).not.toThrow();
  });

  test.for([
    ["256", "4096"],
    ["1024", "1024"],
    ["8192", "17408"],
    ["32768", "131072"],
    ["300", "512"],
    ["many", "512"],
  ] as const)("of %s CPU and %s of memory does not exist", ([cpu, memory]) => {
    const message = `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory.`;
    expect(() => register({ cpu, memory })).toThrow(expect.objectContaining({ type: "ClientException", message }));
  });

  test.for<[string, Change, string]>([
    ["without a family", { family: undefined }, "family should not be null or empty"],
    ["with a dot in its family", { family: "a.b" }, "invalid characters"],
    ["without containers", { containerDefinitions: [] }, "Container list cannot be empty"],
    ["of bridge", { networkMode: "bridge" }, "awsvpc"],
    ["without cpu", { cpu: undefined }, "'cpu' be defined"],
    ["without memory", { memory: undefined }, "'memory' be defined"],
    ["of 20 GiB of storage", { ephemeralStorage: { sizeInGiB: 20 } }, "between 21 and 200"],
    ["with ipcMode", { ipcMode: "task" }, "ipcMode"],
    ["with pidMode host", { pidMode: "host" }, "pidMode"],
    ["with eleven containers", { containerDefinitions: eleven() }, "at most 10"],
    ["with two containers of one name", two({ name: "a" }, { name: "a" }), "unique"],
    ["without an essential container", one({ essential: false }), "essential"],
    ["with a privileged container", one({ privileged: true }), "privileged"],
    ["with hosts", one({ extraHosts: [{ hostname: "x", ipAddress: "1.2.3.4" }] }), "extraHosts"],
    ["with a capability more", one({ linuxParameters: { capabilities: { add: ["SYS_ADMIN"] } } }), "SYS_PTRACE"],
    ["with shared memory", one({ linuxParameters: { sharedMemorySize: 64 } }), "sharedMemorySize"],
    ["with a mount of nothing", one({ mountPoints: [{ sourceVolume: "v", containerPath: "/v" }] }), "Unknown volume"],
    ["with a path of the host", { volumes: [{ name: "v", host: { sourcePath: "/" } }] }, "sourcePath"],
    ["with other ports on the host", one({ portMappings: [{ containerPort: 80, hostPort: 8080 }] }), "must match"],
    ["with more cpu in containers", two({ cpu: 200 }, { cpu: 200 }), "cpu"],
    ["with more memory in a container", one({ memory: 1024 }), "memory"],
    ["with a stopTimeout of 121 s", one({ stopTimeout: 121 }), "stopTimeout"],
    ["with an interval of 4 s", one({ healthCheck: { command: ["CMD", "x"], interval: 4 } }), "interval"],
    ["with a check that is no command", one({ healthCheck: { command: ["true"] } }), "CMD"],
    ["that waits for nobody", one({ dependsOn: [{ containerName: "x", condition: "START" }] }), "depends on 'x'"],
    ["that waits for the end of an essential one", two({}, waits("a", "SUCCESS")), "must not be essential"],
    ["that waits for the health of one without check", two({}, waits("a", "HEALTHY")), "no healthCheck"],
    ["of a circle", two(waits("b", "START"), waits("a", "START")), "circle"],
    ["that is too long", { containerDefinitions: [long()] }, "Max allowed length is '65536' bytes"],
    ["with logs and no role", { ...one(logs()), executionRoleArn: undefined }, "execution role"],
    ["with a tag of AWS", { tags: [{ key: "aws:x", value: "" }] }, "aws:"],
    ["with a tag that is too long", { tags: [{ key: "x", value: "y".repeat(257) }] }, "256"],
    ["with 51 tags", { tags: Array.from({ length: 51 }, (_, index) => ({ key: `${index}`, value: "" })) }, "50 tags"],
  ])("%s is refused", ([, change, words]) => {
    expect(() => register(change)).toThrow(
      expect.objectContaining({ type: "ClientException", message: expect.stringContaining(words) as string }),
    );
  });

  test.for<[string, Change]>([
    ["environment files", one({ environmentFiles: [{ type: "s3", value: "arn:aws:s3:::b/x.env" }] })],
    ["Windows", { runtimePlatform: { operatingSystemFamily: "WINDOWS_SERVER_2022_CORE" } }],
    ["restarts by ECS", one({ restartPolicy: { enabled: true } })],
  ])("with what is not simulated, %s, is never accepted in silence", ([, change]) => {
    expect(() => register(change)).toThrow(expect.objectContaining({ type: "NotSimulatedException", status: 501 }));
  });
});

function eleven(): Containers {
  return Array.from({ length: 11 }, (_, index) => ({ name: `c${index}`, image: "x" }));
}

function waits(containerName: string, condition: "START" | "SUCCESS" | "HEALTHY"): Containers[number] {
  return { dependsOn: [{ containerName, condition }] };
}

function long(): Containers[number] {
  return { name: "app", image: "x", environment: [{ name: "x", value: "y".repeat(65_536) }] };
}

function logs(): Containers[number] {
  const options = { "awslogs-group": "/burstlet", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "bl" };
  return { logConfiguration: { logDriver: "awslogs", options } };
}
