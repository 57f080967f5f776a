import { z } from "zod";
import type { Controls } from "../controls.ts";
import { NoSuchTask } from "../no-such-task.ts";
import { ScenarioError } from "../scenario/box.ts";
import type { ScenarioInput } from "../scenario/schema.ts";
import type { Fault } from "../faults.ts";
import { type Door, jsonAnswer } from "./server.ts";
import { ApiError } from "./service.ts";

const adminPath = "/_burstlet/";

const clockChange = z.strictObject({ rate: z.number().positive().optional(), advance: z.number().min(0).optional() });
const healthChange = z.strictObject({ container: z.string(), health: z.enum(["HEALTHY", "UNHEALTHY", "UNKNOWN"]) });
const groupRestart = z.strictObject({ exitCode: z.literal([7147, 7148]).default(7147) });
const print = z.strictObject({ container: z.string(), lines: z.array(z.string()) });

type Handler = (controls: Controls, body: unknown, name: string) => unknown;

/** By method and path below `/_burstlet/`; `*` is one more part of the path. */
const handlers: Readonly<Record<string, Handler>> = {
  "GET ledger": ({ ledger }) => ledger.entries,
  "GET calls": ({ calls }) => calls.all,
  "GET tasks": (controls) => controls.counts(),
  "GET secrets": (controls) => controls.secrets(),
  "GET queues": ({ queues }) => queues.counts(),
  "POST queues/*": ({ queues }, _, name) => (queues.create(name), queues.counts()),
  "DELETE queues/*": ({ queues }, _, name) => (queues.remove(name), queues.counts()),
  "GET scenario": ({ scenario }) => scenario.now,
  "PATCH scenario": ({ scenario }, body) => (scenario.change(body as ScenarioInput), scenario.now),
  "GET faults": ({ faults }) => faults.all,
  "POST faults": ({ faults }, body) => (faults.set(body as Fault), faults.all),
  "DELETE faults": ({ faults }) => (faults.clear(), faults.all),
  "DELETE faults/*": ({ faults }, _, name) => (faults.clear(name), faults.all),
  "GET clock": clockPicture,
  "POST clock"(controls, body) {
    const { rate, advance } = clockChange.parse(body);
    if (rate !== undefined) controls.clock.setRate(rate);
    if (advance !== undefined) controls.clock.advance(advance * 1000);
    return clockPicture(controls);
  },
  "POST retire/*": (controls, _, task) => ({ retired: controls.retire(task) }),
  "POST interrupt/*": (controls, _, task) => ({ interrupted: controls.interrupt(task) }),
  "POST lose/*": (controls, _, task) => (controls.lose(task), {}),
  "POST health/*"(controls, body, task) {
    const { container, health } = healthChange.parse(body);
    controls.setHealth(task, container, health);
    return {};
  },
  "GET groups": ({ groups }) => groups.counts(),
  "POST evict/*": ({ groups }, _, group) => (groups.evict(group), {}),
  "POST restart/*"({ groups }, body, group) {
    groups.restart(group, groupRestart.parse(body).exitCode);
    return {};
  },
  "POST print/*"(controls, body, task) {
    const { container, lines } = print.parse(body);
    controls.print(task, container, lines);
    return {};
  },
};

function clockPicture({ clock }: Controls): object {
  return { now: clock.now(), rate: clock.rate };
}

/** What is below `/_burstlet/`: controls over HTTP, JSON in and out. */
export function adminDoor(controls: Controls): Door {
  return async (method, url, body) => {
    if (!url.pathname.startsWith(adminPath)) return undefined;
    const [head = "", ...rest] = url.pathname.slice(adminPath.length).split("/");
    const handler = handlers[`${method} ${rest.length === 0 ? head : `${head}/*`}`];
    if (handler === undefined)
      return jsonAnswer(404, { error: "there is no such thing", paths: Object.keys(handlers) });
    try {
      return jsonAnswer(
        200,
        handler(controls, body === "" ? {} : JSON.parse(body), decodeURIComponent(rest.join("/"))),
      );
    } catch (error) {
      return jsonAnswer(error instanceof NoSuchTask ? 404 : 400, { error: sentenceOf(error) });
    }
  };
}

function sentenceOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  if (error instanceof SyntaxError) return `the body is no JSON: ${error.message}`;
  if (error instanceof ScenarioError || error instanceof NoSuchTask || error instanceof ApiError) return error.message;
  throw error;
}
