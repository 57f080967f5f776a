/**
 * `npm run bench`: how fast and how cheap is burstlet, and how much of that is others' cost? README.md beside this file
 * tells how it measures. Exits with 0 whether or not a target is reached: it is a measurement, not a test.
 */
import { cpus, totalmem } from "node:os";
import { controlPlaneBinaryOrExit, goCommand } from "../run/controlplane.ts";
import { namespaceAddress, namespaceTrouble, runInNamespace } from "../support/namespace.ts";
import { compare } from "./compare.ts";
import { type BenchOptions, parseOptions, usage } from "./options.ts";
import { table, targetLine, targets } from "./report.ts";
import { burstletSide } from "./sides/burstlet.ts";
import { buildTrouble } from "../support/programs/go-program.ts";
import { kwok, kwokSide } from "./sides/kwok.ts";
import type { Side } from "./sides/side.ts";
import { virtualKubelet, virtualKubeletSide } from "./sides/virtual-kubelet.ts";
import { measureAci } from "./aci/compare.ts";
import { aciTargets } from "./aci/report.ts";
import { compareFargate } from "./fargate/compare.ts";
import { fargateTable, fargateTargets } from "./fargate/report.ts";
import { compareFargateStreams } from "./fargate/streams/compare.ts";
import { fargateStreamTable, fargateStreamTargets } from "./fargate/streams/report.ts";
import { compareLambda } from "./lambda/compare.ts";
import { lambdaTable, lambdaTargets } from "./lambda/report.ts";
import { compareStreams } from "./streams/compare.ts";
import { streamTable, streamTargets } from "./streams/report.ts";

const options = optionsOrExit();
const trouble = namespaceTrouble();
if (namespaceAddress() === undefined) {
  // Outside, because inside there is no network to fetch sources by.
  controlPlaneBinaryOrExit();
  if (options.streams && options.provider === "local") goCommand("criserver");
  for (const side of options.against) buildTrouble(side === "kwok" ? kwok : virtualKubelet);
}
if (namespaceAddress() === undefined && trouble === undefined) {
  process.exitCode = await runInNamespace([process.execPath, ...process.argv.slice(1)]);
} else {
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`;
  console.log(`burstlet's benchmark on ${machine}`);
  const measureNodes = options.streams ? measureStreams : measureAll;
  await { local: measureNodes, fargate: measureFargate, aci: measureContainerGroups, lambda: measureLambda }[
    options.provider
  ]();
}

async function measureContainerGroups(): Promise<void> {
  const comparison = await measureAci(options);
  console.log("");
  for (const target of aciTargets(comparison)) console.log(targetLine(target));
}

async function measureLambda(): Promise<void> {
  const comparison = await compareLambda(options, namespaceAddress());
  console.log(`\n${lambdaTable(comparison).join("\n")}\n`);
  for (const target of lambdaTargets(comparison)) console.log(targetLine(target));
}

async function measureStreams(): Promise<void> {
  const comparison = await compareStreams(options, namespaceAddress());
  console.log(`\n${streamTable(comparison).join("\n")}\n`);
  for (const target of streamTargets(comparison)) console.log(targetLine(target));
}

async function measureFargate(): Promise<void> {
  if (options.streams) return measureFargateStreams();
  const rounds = await compareFargate(options, namespaceAddress());
  console.log(`\n${fargateTable(rounds, options.pods).join("\n")}\n`);
  for (const target of fargateTargets(rounds, options.pods, options.push)) console.log(targetLine(target));
}

async function measureFargateStreams(): Promise<void> {
  const transfers = await compareFargateStreams(options, namespaceAddress());
  console.log(`\n${fargateStreamTable(transfers).join("\n")}\n`);
  for (const target of fargateStreamTargets(transfers)) console.log(targetLine(target));
}

async function measureAll(): Promise<void> {
  const sides = [burstletSide(options.nodeFlags), ...options.against.flatMap(peerSide)];
  const { rounds, memory } = await compare(sides, options, namespaceAddress());
  console.log(`\n${table(rounds, options.pods).join("\n")}\n`);
  const many = memory === undefined ? undefined : { pods: options.memory, round: memory };
  for (const target of targets(rounds, options.pods, many)) console.log(targetLine(target));
}

/** Where it cannot take part, the others are measured without it. */
function peerSide(name: BenchOptions["against"][number]): Side[] {
  if (name === "virtual-kubelet" && namespaceAddress() === undefined) {
    // Its port is open on every address, which nothing here may be on the machine itself.
    console.error(`virtual-kubelet is left out: it needs a network namespace, and ${trouble}`);
    return [];
  }
  const missing = buildTrouble(name === "kwok" ? kwok : virtualKubelet);
  if (missing === undefined) return [name === "kwok" ? kwokSide() : virtualKubeletSide()];
  console.error(`${name} is left out: ${missing}`);
  return [];
}

function optionsOrExit(): BenchOptions {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
