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
  /** Of each task its moment, then its number: what is compared lies side by side. */
  #keys = new Float64Array(2 * 1024);
  #tasks: Task[] = [];
  #next = 0;

  at(atMs: number, task: Task): void {
    let i = this.#tasks.length;
    if (2 * i === this.#keys.length) this.#grow();
    this.#tasks.push(task);
    const keys = this.#keys;
    const time = atMs < this.nowMs ? this.nowMs : atMs;
    const order = this.#next++;
    while (i > 0) {
      const parent = ((i - 1) / FANOUT) | 0;
      if ((keys[2 * parent] as number) <= time) break;
      this.#copy(parent, i);
      i = parent;
    }
    keys[2 * i] = time;
    keys[2 * i + 1] = order;
    this.#tasks[i] = task;
  }

  in(delayMs: number, run: (nowMs: number) => void): void {
    this.at(this.nowMs + delayMs, { run });
  }

  /** Runs what is due up to and including `untilMs`, then stands there. */
  runUntil(untilMs: number): void {
    while (this.#tasks.length > 0 && (this.#keys[0] as number) <= untilMs) {
      this.nowMs = this.#keys[0] as number;
      this.steps++;
      this.#pop().run(this.nowMs);
    }
    this.nowMs = untilMs;
  }

  #pop(): Task {
    const top = this.#tasks[0] as Task;
    const last = this.#tasks.length - 1;
    const task = this.#tasks[last] as Task;
    const time = this.#keys[2 * last] as number;
    const order = this.#keys[2 * last + 1] as number;
    this.#tasks.pop();
    if (last > 0) this.#sink(task, time, order);
    return top;
  }

  #sink(task: Task, time: number, order: number): void {
    const keys = this.#keys;
    const size = this.#tasks.length;
    let i = 0;
    for (;;) {
      const first = i * FANOUT + 1;
      if (first >= size) break;
      let best = first;
      const end = Math.min(first + FANOUT, size);
      for (let c = first + 1; c < end; c++) {
        const a = keys[2 * c] as number;
        const b = keys[2 * best] as number;
        if (a < b || (a === b && (keys[2 * c + 1] as number) < (keys[2 * best + 1] as number))) best = c;
      }
      const t = keys[2 * best] as number;
      if (t > time || (t === time && (keys[2 * best + 1] as number) > order)) break;
      this.#copy(best, i);
      i = best;
    }
    keys[2 * i] = time;
    keys[2 * i + 1] = order;
    this.#tasks[i] = task;
  }

  #copy(from: number, to: number): void {
    this.#keys[2 * to] = this.#keys[2 * from] as number;
    this.#keys[2 * to + 1] = this.#keys[2 * from + 1] as number;
    this.#tasks[to] = this.#tasks[from] as Task;
  }

  #grow(): void {
    const keys = new Float64Array(2 * this.#keys.length);
    keys.set(this.#keys);
    this.#keys = keys;
  }
}
