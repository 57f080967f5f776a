/** Where the programs of the outside opinion are; `node environment.ts` prints it for build.sh. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const requirements = readFileSync(new URL("requirements.txt", import.meta.url));
const hash = createHash("sha256").update(requirements).digest("hex").slice(0, 16);
const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");

export const environment = join(cache, "burstlet", `outside-${hash}`);

/** Is it there, and whole? pip writes programs of a package last. */
export const hasEnvironment = (): boolean => existsSync(join(environment, "bin", "moto_server"));

/** AWS's runtime interface emulator, and the version of its Go module. */
const emulatorVersion = "v0.0.0-20261030222936-bef5c4ba774d";
export const emulator = join(cache, "burstlet", `rie-${emulatorVersion}`, "aws-lambda-rie");
export const hasEmulator = (): boolean => existsSync(emulator);

if (import.meta.main) console.log(`${environment}\n${emulator}\n${emulatorVersion}`);
