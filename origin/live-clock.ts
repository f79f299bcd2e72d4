/** Times and numbers of the simulated live stream; every `/live...` playlist shares one. */
export interface LiveClock {
  readonly segmentS: number;
  /** Media sequence of the newest segment that has appeared. */
  newest(): number;
  /** When a segment appears, on the origin's clock: its last frame has then just been "recorded". */
  appearsAtMs(mediaSequence: number): number;
  /** Wall-clock time of a segment's first frame (EXT-X-PROGRAM-DATE-TIME). */
  programDate(mediaSequence: number): Date;
  /** Ends the stream: nothing new appears and playlists carry EXT-X-ENDLIST. */
  end(): void;
  readonly ended: boolean;
}

/** What {@link createLiveClock} needs. */
export interface LiveClockConfig {
  readonly segmentS: number;
  /** Segments that have appeared before the clock starts, so that the first viewer finds a full window. */
  readonly preRollSegments: number;
  readonly nowMs: () => number;
}

/** Starts a live stream now. */
export function createLiveClock({ segmentS, preRollSegments, nowMs }: LiveClockConfig): LiveClock {
  const segmentMs = segmentS * 1000;
  const beganMs = nowMs() - preRollSegments * segmentMs;
  const beganWallMs = Date.now() - preRollSegments * segmentMs;
  let lastSequence: number | undefined;

  const newest = (): number => lastSequence ?? Math.floor((nowMs() - beganMs) / segmentMs) - 1;
  return {
    segmentS,
    newest,
    appearsAtMs: (mediaSequence) => beganMs + (mediaSequence + 1) * segmentMs,
    programDate: (mediaSequence) => new Date(beganWallMs + mediaSequence * segmentMs),
    end() {
      lastSequence = newest();
    },
    get ended() {
      return lastSequence !== undefined;
    },
  };
}
