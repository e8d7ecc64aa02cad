/** Whatever is lost, doubled or out of turn on the way, each event is applied once and in order. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type EventSource, type LiveStatus, type UserEvent, UserEvents } from "../lib/live/user-events.ts";

const PAGE = 7;

/** A table of events that grows. */
class Table implements EventSource {
  readonly events: UserEvent[] = [];
  oldest = 1;
  isAway = false;

  add(): UserEvent {
    const sequence = this.events.length + 1;
    const event = { sequence, kind: "trade_opened", entity: "trades", id: null, at: "", row: {} };
    this.events.push(event);
    return event;
  }

  newest(): Promise<number> {
    return this.isAway ? Promise.reject(new TypeError("away")) : Promise.resolve(this.events.length);
  }

  after(sequence: number): Promise<readonly UserEvent[]> {
    if (this.isAway) return Promise.reject(new TypeError("away"));
    const left = this.events.filter((each) => each.sequence > sequence && each.sequence >= this.oldest);
    return Promise.resolve(left.slice(0, PAGE));
  }
}

class Screen {
  readonly applied: number[] = [];
  readonly statuses: LiveStatus[] = [];
  resets = 0;
  readonly apply = (event: UserEvent) => void this.applied.push(event.sequence);
  readonly reset = () => void (this.resets += 1);
  readonly status = (status: LiveStatus) => void this.statuses.push(status);
}

function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

test("the views begin at the newest number and follow what is broadcast", async () => {
  const table = new Table();
  table.add();
  const screen = new Screen();
  const live = new UserEvents(table, screen);
  live.setSubscribed(true);
  await live.catchUp();
  live.receive(table.add());
  assert.deepEqual([screen.resets, screen.applied, live.position], [1, [2], 2]);
  assert.equal(screen.statuses.at(-1), "live");
});

test("an event that came before the first reading is not lost", async () => {
  const table = new Table();
  const screen = new Screen();
  const live = new UserEvents(table, screen);
  live.setSubscribed(true);
  const early = table.add();
  live.receive(early);
  await live.catchUp();
  await live.catchUp();
  // Either the views were read after it, or it is applied.
  assert.ok(live.position === 1 && (screen.resets === 1 || screen.applied.includes(1)));
});

test("3,000 events of which most are lost, doubled or late end in order, each once", async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const chance = chances(seed);
    const table = new Table();
    const screen = new Screen();
    const live = new UserEvents(table, screen);
    live.setSubscribed(true);
    await live.catchUp();
    const late: UserEvent[] = [];
    for (let step = 0; step < 3000; step += 1) {
      const event = table.add();
      if (step % 400 < 60) continue; // Sixty in a row are lost.
      if (chance() < 0.2) late.push(event);
      else if (chance() < 0.7) live.receive(event);
      if (chance() < 0.1) live.receive(event);
      if (late.length > 5) live.receive(late.shift()!);
      table.isAway = chance() < 0.3;
      if (step % 50 === 0) await live.catchUp();
    }
    table.isAway = false;
    await live.catchUp();
    await live.catchUp();
    assert.deepEqual(screen.applied, numbers(1, 3000), `seed ${seed}`);
    assert.equal(screen.resets, 1);
  }
});

test("a lost last message is found by the next look", async () => {
  const table = new Table();
  const screen = new Screen();
  const live = new UserEvents(table, screen);
  live.setSubscribed(true);
  await live.catchUp();
  table.add();
  assert.deepEqual(screen.applied, []);
  await live.catchUp();
  assert.deepEqual(screen.applied, [1]);
});

test("when what is missing is no longer kept, the views read their rows anew", async () => {
  const table = new Table();
  const screen = new Screen();
  const live = new UserEvents(table, screen);
  live.setSubscribed(true);
  await live.catchUp();
  numbers(1, 30).forEach(() => table.add());
  table.oldest = 20;
  await live.catchUp();
  assert.deepEqual([screen.resets, live.position, screen.applied], [2, 30, []]);
});

test("a database that is away is shown as such, and nothing is lost", async () => {
  const table = new Table();
  const screen = new Screen();
  const live = new UserEvents(table, screen);
  live.setSubscribed(true);
  await live.catchUp();
  table.isAway = true;
  table.add();
  live.receive(table.add());
  await live.catchUp();
  assert.equal(screen.statuses.at(-1), "offline");
  table.isAway = false;
  await live.catchUp();
  assert.deepEqual([screen.applied, screen.statuses.at(-1)], [[1, 2], "live"]);
});
