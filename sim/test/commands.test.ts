import { assertInvariants } from "../../sdk/src/protocol/invariants.js";
import fc from "fast-check";
import { expect, it } from "vitest";
import { SCENARIOS } from "../src/scenario.js";
import { Viewer } from "../src/viewer.js";
import { type Delivery, World } from "../src/world.js";

/** How many viewers there are: all that the model has to know. */
interface Model {
  viewers: number;
}

type Command = fc.Command<Model, World>;

const MOST = 8;

abstract class Always implements Command {
  check(_model: Model): boolean {
    return true;
  }
  abstract run(model: Model, world: World): void;
  toString(): string {
    return `${this.constructor.name}(${Object.values(this).join(", ")})`;
  }
}

class Join extends Always {
  override check(model: Model): boolean {
    return model.viewers < MOST;
  }
  run(model: Model, world: World): void {
    model.viewers++;
    world.join();
  }
}

class Leave extends Always {
  constructor(readonly nth: number, readonly silently: boolean) {
    super();
  }
  override check(model: Model): boolean {
    return model.viewers > 0;
  }
  run(model: Model, world: World): void {
    const list = [...world.present];
    const member = list[this.nth % list.length];
    if (member !== undefined) world.departs(member, this.silently);
    model.viewers = world.present.size;
  }
}

class Pass extends Always {
  constructor(readonly ms: number) {
    super();
  }
  run(model: Model, world: World): void {
    world.clock.runUntil(world.clock.nowMs + this.ms);
    model.viewers = world.present.size;
  }
}

class Seek extends Always {
  constructor(readonly nth: number, readonly share: number) {
    super();
  }
  run(_model: Model, world: World): void {
    const list = [...world.present];
    list[this.nth % Math.max(1, list.length)]?.player.seek(this.share * 4_000);
  }
}

class Cut extends Always {
  constructor(readonly nth: number) {
    super();
  }
  /** One connection breaks, as neither side wished. */
  run(_model: Model, world: World): void {
    const viewers = [...world.present].filter((m) => m instanceof Viewer);
    const viewer = viewers[this.nth % Math.max(1, viewers.length)];
    const peer = viewer?.transport.connections.keys().next().value;
    if (viewer !== undefined && peer !== undefined) viewer.transport.lose(peer);
  }
}

class Loss extends Always {
  constructor(readonly packetLoss: number) {
    super();
  }
  run(_model: Model, world: World): void {
    world.path = { packetLoss: this.packetLoss, timeoutShare: 0.3, timeoutMs: 800 };
  }
}

class Fault extends Always {
  constructor(readonly failing: boolean, readonly rateFactor: number) {
    super();
  }
  run(_model: Model, world: World): void {
    Object.assign(world.origin, { failing: this.failing, rateFactor: this.rateFactor });
  }
}

class TrackerDies extends Always {
  run(_model: Model, world: World): void {
    world.trackerHost.die();
  }
}

const commands = fc.commands(
  [
    fc.constant(new Join()), fc.constant(new Join()),
    fc.tuple(fc.nat(7), fc.boolean()).map(([nth, silently]) => new Leave(nth, silently)),
    fc.integer({ min: 1, max: 6_000 }).map((ms) => new Pass(ms)), fc.integer({ min: 1, max: 6_000 }).map((ms) => new Pass(ms)),
    fc.tuple(fc.nat(7), fc.integer({ min: 0, max: 100 })).map(([nth, percent]) => new Seek(nth, percent / 100)),
    fc.nat(7).map((nth) => new Cut(nth)),
    fc.constantFrom(0, 0.01, 0.2).map((loss) => new Loss(loss)),
    fc.tuple(fc.boolean(), fc.constantFrom(1, 0.1)).map(([failing, factor]) => new Fault(failing, factor)),
    fc.constant(new TrackerDies()),
  ],
  { maxCommands: 40 },
);

function worldOf(live: boolean, polluters: number, seed: number, delivery: Delivery): World {
  const { setting } = (live ? SCENARIOS.live : SCENARIOS.vod) as (typeof SCENARIOS)[string];
  const whole = setting({ peers: 1, ri: 1.2, seconds: 10_000, freeRiders: 0.1, polluters });
  const arrivals = { ...whole.arrivals, first: 0, perSecond: 0 };
  return new World({ ...whole, stream: { ...whole.stream, rateBps: 1e6 }, arrivals, warmUpS: 0 }, { seed, delivery, checkEvery: 1 });
}

it.each(["seats", "hybrid", "coded"] as const)("keeps every engine's books, whatever happens to it, and recovers: %s", { timeout: 120_000 }, (delivery) => {
  fc.assert(
    fc.property(commands, fc.boolean(), fc.constantFrom(0, 0.2), fc.nat(1_000), (list, live, polluters, seed) => {
      const world = worldOf(live, polluters, seed, delivery);
      fc.modelRun(() => ({ model: { viewers: 0 }, real: world }), list);
      for (const member of world.present) if (member instanceof Viewer) assertInvariants(member.engine.inspect());
      if (world.trackerHost.up) world.trackerHost.tracker.assertConsistent();
      // All is well again: everybody who is there goes on.
      Object.assign(world.origin, { failing: false, rateFactor: 1 });
      world.path = { packetLoss: 0, timeoutShare: 0, timeoutMs: 0 };
      world.clock.runUntil(world.clock.nowMs + 45_000);
      world.checker.liveness(world.present);
      for (const member of world.present) expect(member.player.startedMs).toBeDefined();
    }),
    { numRuns: Number(process.env.SIM_RUNS ?? 100), seed: Number(process.env.SIM_SEED ?? 1) },
  );
});
