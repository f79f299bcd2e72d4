/** Something that happens at a moment of virtual time. */
export interface Task {
  run(nowMs: number): void;
}

const FANOUT = 4;

/** Virtual time: a heap of tasks by moment, those of one moment in the order in which they were put in. */
export class Clock {
  nowMs = 0;
  /** Tasks run so far. */
  steps = 0;
  #times = new Float64Array(1024);
  #orders = new Float64Array(1024);
  #tasks: Task[] = [];
  #next = 0;

  at(atMs: number, task: Task): void {
    let i = this.#tasks.length;
    if (i === this.#times.length) this.#grow();
    this.#tasks.push(task);
    const times = this.#times;
    const orders = this.#orders;
    const time = atMs < this.nowMs ? this.nowMs : atMs;
    const order = this.#next++;
    while (i > 0) {
      const parent = ((i - 1) / FANOUT) | 0;
      if ((times[parent] as number) <= time) break;
      this.#copy(parent, i);
      i = parent;
    }
    times[i] = time;
    orders[i] = order;
    this.#tasks[i] = task;
  }

  in(delayMs: number, run: (nowMs: number) => void): void {
    this.at(this.nowMs + delayMs, { run });
  }

  /** Runs what is due up to and including `untilMs`, then stands there. */
  runUntil(untilMs: number): void {
    while (this.#tasks.length > 0 && (this.#times[0] as number) <= untilMs) {
      this.nowMs = this.#times[0] as number;
      this.steps++;
      this.#pop().run(this.nowMs);
    }
    this.nowMs = untilMs;
  }

  #pop(): Task {
    const top = this.#tasks[0] as Task;
    const last = this.#tasks.length - 1;
    const task = this.#tasks[last] as Task;
    const time = this.#times[last] as number;
    const order = this.#orders[last] as number;
    this.#tasks.pop();
    if (last > 0) this.#sink(task, time, order);
    return top;
  }

  #sink(task: Task, time: number, order: number): void {
    const times = this.#times;
    const orders = this.#orders;
    const size = this.#tasks.length;
    let i = 0;
    for (;;) {
      const first = i * FANOUT + 1;
      if (first >= size) break;
      let best = first;
      const end = Math.min(first + FANOUT, size);
      for (let c = first + 1; c < end; c++) {
        const a = times[c] as number;
        const b = times[best] as number;
        if (a < b || (a === b && (orders[c] as number) < (orders[best] as number))) best = c;
      }
      const t = times[best] as number;
      if (t > time || (t === time && (orders[best] as number) > order)) break;
      this.#copy(best, i);
      i = best;
    }
    times[i] = time;
    orders[i] = order;
    this.#tasks[i] = task;
  }

  #copy(from: number, to: number): void {
    this.#times[to] = this.#times[from] as number;
    this.#orders[to] = this.#orders[from] as number;
    this.#tasks[to] = this.#tasks[from] as Task;
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#times.length);
    times.set(this.#times);
    this.#times = times;
    const orders = new Float64Array(times.length);
    orders.set(this.#orders);
    this.#orders = orders;
  }
}
