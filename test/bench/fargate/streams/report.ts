/** What the benchmark of streams on Fargate prints. Pure. */
import { median } from "../../measure.ts";
import { number, type Target } from "../../report.ts";
import { type FargateTransfer, sides } from "./compare.ts";

const speedOf = (transfers: readonly FargateTransfer[], wanted: FargateTransfer["side"]): number =>
  median(transfers.filter(({ side }) => side === wanted).map(({ speed }) => speed));

export function fargateStreamTable(transfers: readonly FargateTransfer[]): string[] {
  return sides.map((side) => `exec by kubectl with websocket, ${side}: ${number(speedOf(transfers, side))} MB/s`);
}

export function fargateStreamTargets(transfers: readonly FargateTransfer[]): Target[] {
  const measured = speedOf(transfers, "fargate") / speedOf(transfers, "local");
  return [{ what: "exec on Fargate, times the local provider's", measured, is: "at least", bound: 1 / 3 }];
}
