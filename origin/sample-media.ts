import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where `npm run media` puts the sample. */
export const MEDIA_DIR = fileURLToPath(new URL("./media", import.meta.url));

/** One quality level of the sample. */
export interface SampleLevel {
  /** `level0` is the lowest. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Rate on the wire, stuffing included, in bits a second. */
  readonly announcedBps: number;
  readonly codecs: string;
}

/** The looping sample: every level cut at the same instants, a keyframe at each cut. */
export interface SampleMedia {
  readonly levels: readonly SampleLevel[];
  readonly frameRate: number;
  /** Segments until the sample starts over. */
  segmentsPerLoop(segmentS: number): number;
  /** TS bytes of one segment; `position` may lie beyond the loop. */
  segment(level: SampleLevel, position: number, segmentS: number): Buffer;
}

interface MediaIndex {
  readonly cutS: number;
  readonly frameRate: number;
  readonly levels: readonly (SampleLevel & { readonly file: string; readonly cutBytes: readonly number[] })[];
}

/**
 * Reads the sample into memory (about 10 MB).
 *
 * @throws Error when the folder does not hold what `npm run media` makes.
 */
export function loadSampleMedia(folder: string = MEDIA_DIR): SampleMedia {
  const index = JSON.parse(readFileSync(join(folder, "media.json"), "utf8")) as MediaIndex;
  const cutsOf = new Map(index.levels.map((level) => [level.name, cuts(readFileSync(join(folder, level.file)), level.cutBytes)]));
  const cutCount = index.levels[0]?.cutBytes.length ?? 0;

  function cutsPerSegment(segmentS: number): number {
    const count = segmentS / index.cutS;
    if (!Number.isInteger(count) || cutCount % count !== 0) {
      throw new RangeError(`Segments of ${segmentS} s do not divide the sample: its cuts are ${index.cutS} s, ${cutCount} of them.`);
    }
    return count;
  }

  return {
    levels: index.levels,
    frameRate: index.frameRate,
    segmentsPerLoop: (segmentS) => cutCount / cutsPerSegment(segmentS),
    segment(level, position, segmentS) {
      const count = cutsPerSegment(segmentS);
      const first = (position % (cutCount / count)) * count;
      return Buffer.concat((cutsOf.get(level.name) ?? []).slice(first, first + count));
    },
  };
}

function cuts(file: Buffer, lengths: readonly number[]): Buffer[] {
  let at = 0;
  return lengths.map((bytes) => file.subarray(at, (at += bytes)));
}
