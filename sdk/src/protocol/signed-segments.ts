import type { Input, SignedSegment } from "./contract.js";
import type { TrackId } from "./ids.js";
import type { StoredSegment } from "./stored-segment.js";

/** Tracks whose manifests are remembered; a stream has a few dozen at most. */
const MAX_TRACKS = 64;

/** What the publisher vouches for, as the manifests of each track last said. */
export class SignedSegments {
  readonly #tracks = new Map<TrackId, { readonly segments: ReadonlyMap<string, SignedSegment>; readonly reason: string }>();

  take(input: Extract<Input, { type: "signed" | "unsigned" }>): void {
    const segments = input.type === "signed" ? new Map(input.segments.map((s) => [`${s.sequence}.${s.variant ?? ""}`, s])) : this.#tracks.get(input.track)?.segments;
    this.#tracks.delete(input.track);
    this.#tracks.set(input.track, { segments: segments ?? new Map(), reason: input.type === "signed" ? "" : input.reason });
    for (const oldest of this.#tracks.keys()) {
      if (this.#tracks.size <= MAX_TRACKS) break;
      this.#tracks.delete(oldest);
    }
  }

  find({ ref, listed }: StoredSegment): SignedSegment | undefined {
    const segments = this.#tracks.get(ref.track)?.segments;
    // One that only neighbours tell of is known by its number. Whatever they call it, its bytes are signed ones.
    return segments?.get(`${ref.sequence}.${ref.variant}`) ?? (listed ? undefined : segments?.get(`${ref.sequence}.`));
  }

  /** Why it is not there, for whom it concerns; empty where there is a manifest that does not have it (yet). */
  reason({ ref }: StoredSegment): string {
    return this.#tracks.get(ref.track)?.reason ?? "";
  }
}
