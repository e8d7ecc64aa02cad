/**
 * The user's events in order, each once, whatever the network does.
 *
 * In:  broadcasts on the private topic `user:{id}` (fast, may be lost), the table `user_events`
 *      (complete), both numbered by the same per-user sequence.
 * Out: `apply` for each event in the order of its number, without gap or repetition; `reset` when
 *      views have to read their rows anew; `status` for the header.
 *
 * A number out of turn means that something was lost: the missing events are read page by page.
 * So are they after every (re)subscription, when the page becomes visible or the network returns,
 * and every few seconds, because a lost last message shows itself by nothing.
 */

export interface UserEvent {
  readonly sequence: number;
  readonly kind: string;
  readonly entity: string;
  readonly id: string | null;
  /** When it was committed. */
  readonly at: string;
  /** The row as it is now; money and prices are text. */
  readonly row: Readonly<Record<string, unknown>>;
}

export type LiveStatus = "connecting" | "live" | "catching up" | "offline";

/** What the sequence needs of the outside. */
export interface EventSource {
  /** The newest number there is. */
  newest(): Promise<number>;
  /** Events after a number, oldest first; empty only when there are none. */
  after(sequence: number): Promise<readonly UserEvent[]>;
}

export interface EventSink {
  apply(event: UserEvent): void;
  reset(): void;
  status(status: LiveStatus): void;
}

export class UserEvents {
  private applied: number | null = null;
  private reading: Promise<void> | null = null;
  private again = false;
  private subscribed = false;
  private readonly early = new Map<number, UserEvent>();

  private readonly source: EventSource;
  private readonly sink: EventSink;

  constructor(source: EventSource, sink: EventSink) {
    this.source = source;
    this.sink = sink;
  }

  /** The number of the last event that was applied; null before the first reading. */
  get position(): number | null {
    return this.applied;
  }

  /** Takes a broadcast. */
  receive(event: UserEvent): void {
    if (this.applied !== null && event.sequence <= this.applied) return;
    this.early.set(event.sequence, event);
    this.applyEarly();
    if (this.early.size > 0) void this.catchUp();
  }

  /** The channel stands, or fell. */
  setSubscribed(subscribed: boolean): void {
    this.subscribed = subscribed;
    if (subscribed) void this.catchUp();
    else this.sink.status("offline");
  }

  /** Reads what is missing; calls that come while one is under way lead to one more reading. */
  catchUp(): Promise<void> {
    if (this.reading !== null) {
      this.again = true;
      return this.reading;
    }
    this.reading = this.read().finally(() => {
      this.reading = null;
      if (this.again) {
        this.again = false;
        void this.catchUp();
      }
    });
    return this.reading;
  }

  private async read(): Promise<void> {
    try {
      if (this.applied === null) await this.begin();
      else await this.readMissing(this.applied);
      if (this.subscribed) this.sink.status("live");
    } catch (error) {
      console.warn("live: events could not be read", error);
      this.sink.status("offline");
    }
  }

  private async begin(): Promise<void> {
    this.applied = await this.source.newest();
    this.sink.reset();
    this.applyEarly();
  }

  private async readMissing(known: number): Promise<void> {
    if ((await this.source.newest()) <= known) return;
    this.sink.status("catching up");
    for (;;) {
      const page = await this.source.after(this.applied ?? known);
      const first = page[0];
      if (first === undefined) return;
      // What was kept too long ago is gone: the views read their rows anew and go on from here.
      if (first.sequence > (this.applied ?? known) + 1) {
        this.applied = null;
        await this.begin();
        return;
      }
      for (const event of page) this.applyNext(event);
      this.applyEarly();
    }
  }

  private applyEarly(): void {
    if (this.applied === null) return;
    for (const sequence of this.early.keys()) {
      if (sequence <= this.applied) this.early.delete(sequence);
    }
    for (let next = this.early.get(this.applied + 1); next !== undefined; ) {
      this.early.delete(next.sequence);
      this.applyNext(next);
      next = this.early.get(this.applied + 1);
    }
  }

  private applyNext(event: UserEvent): void {
    if (this.applied === null || event.sequence !== this.applied + 1) return;
    this.applied = event.sequence;
    this.sink.apply(event);
  }
}
