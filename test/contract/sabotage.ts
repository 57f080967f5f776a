import { randomUUID } from "node:crypto";
import { type Provider, type ContainerState, type TaskFeed, type TaskState } from "../../src/provider.ts";

/** A provider with one thing changed. */
export type Sabotage = (provider: Provider) => Provider;

/** For a bench of one over something real: what a sabotage prevents is waited for in vain; the rest takes seconds. */
export const sabotagePatience = 10_000;

/** Methods live on the object or its prototype: a proxy changes some and keeps the rest. */
function withChange(
  provider: Provider,
  change: { readonly [K in keyof Provider]?: Provider[K] | undefined },
): Provider {
  return new Proxy(provider, {
    get: (target, key) => Reflect.get(Object.hasOwn(change, key) ? change : target, key),
  });
}

/** Every picture of a task, wherever it comes from, seen through `lens`. */
export const states =
  (lens: (state: TaskState) => TaskState): Sabotage =>
  (provider) =>
    withChange(provider, {
      launch: async (launch, signal) => lens(await provider.launch(launch, signal)),
      list: async () => (await provider.list()).map(lens),
      watch: async (feed, signal) =>
        provider.watch({ ...feedOf(feed), task: (state) => feed.task(lens(state)) }, signal),
    });

export const containers = (lens: (container: ContainerState, state: TaskState) => ContainerState): Sabotage =>
  states((state) => ({ ...state, containers: state.containers.map((container) => lens(container, state)) }));

export const feed =
  (lens: (feed: TaskFeed) => Partial<TaskFeed>): Sabotage =>
  (provider) =>
    withChange(provider, {
      watch: async (inner, signal) => provider.watch({ ...feedOf(inner), ...lens(inner) }, signal),
    });

export const method =
  <K extends keyof Provider>(name: K, make: (original: Provider[K], provider: Provider) => Provider[K]): Sabotage =>
  (provider) =>
    withChange(provider, { [name]: make(bound(provider, name), provider) });

function bound<K extends keyof Provider>(provider: Provider, name: K): Provider[K] {
  const value = provider[name];
  return (typeof value === "function" ? value.bind(provider) : value) as Provider[K];
}

function feedOf(feed: TaskFeed): TaskFeed {
  return {
    task: (state) => feed.task(state),
    gone: (identity) => feed.gone(identity),
    synced: () => feed.synced(),
    health: (trouble) => feed.health(trouble),
  };
}

/** Ends what is known of the task and launches afresh: what an identity that is not remembered leads to. */
export const startsAgain = (when: (state: TaskState | undefined) => boolean): Sabotage =>
  method("launch", (launch, provider) => async (what, signal) => {
    const known = (await provider.list()).find(({ identity }) => identity.podUid === what.identity.podUid);
    if (when(known)) await provider.stop(what, { graceSeconds: 0, discard: true });
    return launch(what, signal);
  });

export const newId = (): Sabotage => states((state) => ({ ...state, id: randomUUID() }));
