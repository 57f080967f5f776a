/**
 * `npm run mutation`: changes the sources of each room in every small way that Stryker knows, one at a time, and counts the
 * changes that the room's unit tests notice.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { figuresOf, type Report, row, title } from "./figures.ts";
import { cacheOf, rooms, roomVariable } from "./rooms.ts";

const usage = `npm run mutation -- [OPTIONS] [ROOM…]
  ROOM         ${rooms.join(", ")} (all of them)
  --changed    try only what changed since the last run: quick while tests are written, no figure to write down
  --workers N  processes that run tests (as many as processors)`;

/** At least this much of every room, in per cent. */
const wanted = 85;

const { values, positionals } = parseArgs({
  options: {
    changed: { type: "boolean", default: false },
    workers: { type: "string" },
    help: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const strange = positionals.filter((room) => !(rooms as readonly string[]).includes(room));
if (values.help || strange.length > 0) {
  console.error(strange.length > 0 ? `no such room: ${strange.join(", ")}\n${usage}` : usage);
  process.exit(strange.length > 0 ? 2 : 0);
}

const rows = (positionals.length > 0 ? positionals : rooms).map((room) => {
  const commit = execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
  const figures = figuresOf(mutated(room));
  if (figures.score < wanted) process.exitCode = 1;
  return row(room, figures, commit);
});
console.log([...title, ...rows].join("\n"));

function mutated(room: string): Report {
  const options = [
    ...(values.changed ? [] : ["--force"]),
    ...(values.workers === undefined ? [] : ["--concurrency", values.workers]),
  ];
  const { status, error } = spawnSync("stryker", ["run", "test/mutation/stryker.config.mjs", ...options], {
    stdio: "inherit",
    env: { ...process.env, [roomVariable]: room },
  });
  if (status !== 0)
    throw new Error(`Stryker did not come to its end in ${room}: its words are above`, { cause: error });
  return JSON.parse(readFileSync(`${cacheOf(room)}/report.json`, "utf8")) as Report;
}
