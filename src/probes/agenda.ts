/** Many things to do at their times, one timer: a binary heap over the clock's monotonic milliseconds. */
import type { Clock } from "../model/clock.ts";

export interface Agenda<Item> {
  put(at: number, item: Item): void;
  /** Nothing of what is left happens any more. */
  close(): void;
}

interface Entry<Item> {
  readonly at: number;
  readonly item: Item;
}

export function createAgenda<Item>(clock: Clock, due: (item: Item, at: number) => void): Agenda<Item> {
  const heap: Entry<Item>[] = [];
  let armedFor = Infinity;
  let disarm = (): void => undefined;
  let closed = false;

  const arm = (): void => {
    const next = heap[0]?.at ?? Infinity;
    if (next === armedFor) return;
    disarm();
    armedFor = next;
    disarm = next === Infinity ? () => undefined : clock.after(next - clock.monotonic(), fire);
  };
  const fire = (): void => {
    armedFor = Infinity;
    disarm = () => undefined;
    const now = clock.monotonic();
    for (let first = heap[0]; first !== undefined && first.at <= now; first = heap[0]) {
      takeFirst(heap);
      due(first.item, first.at);
    }
    if (!closed) arm();
  };

  return {
    put(at, item) {
      if (closed) return;
      insert(heap, { at, item });
      if (at < armedFor) arm();
    },
    close() {
      closed = true;
      heap.length = 0;
      disarm();
    },
  };
}

function insert<Item>(heap: Entry<Item>[], entry: Entry<Item>): void {
  let index = heap.length;
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || parent.at <= entry.at) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = entry;
}

function takeFirst<Item>(heap: Entry<Item>[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
    const [below, child] = right !== undefined && left !== undefined && right.at < left.at ? [2, right] : [1, left];
    if (child === undefined || child.at >= last.at) break;
    heap[index] = child;
    index = 2 * index + below;
  }
  heap[index] = last;
}
