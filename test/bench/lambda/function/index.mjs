/** The work of the benchmark's pods: 5 ms. */
import { setTimeout as sleep } from "node:timers/promises";

export const handler = async () => {
  await sleep(5);
  return { done: true };
};
