import type { Workshop } from "../perform.ts";
import { pauseImage, pauseRootfs } from "../own-image/pause.ts";
import { engineArchitecture, engineFlavour, trafficSwapped } from "./facts.ts";

/** What is asked of the engine once, and the sandbox's image, which is made where it is missing. */
export function engineKnowledge(client: Workshop["client"]): Pick<Workshop, "engine" | "forgetEngine"> {
  let asked: ReturnType<Workshop["engine"]> | undefined;
  async function ask(): ReturnType<Workshop["engine"]> {
    const version = await client.version();
    const architecture = engineArchitecture(version);
    const pause = pauseImage(architecture);
    if ((await client.image(pause)) === undefined) await client.importImage(pause, pauseRootfs(architecture));
    return { flavour: engineFlavour(version), trafficSwapped: trafficSwapped(version), pause };
  }
  return {
    async engine() {
      asked ??= ask();
      try {
        return await asked;
      } catch (error) {
        asked = undefined;
        throw error;
      }
    },
    forgetEngine() {
      asked = undefined;
    },
  };
}
