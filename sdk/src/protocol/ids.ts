/** A string or number that only its own factory may produce, so that a peer's id never lands where a swarm's belongs. */
type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** 16 lowercase hex digits (64 bits), chosen by the peer: the hash of a key of its, or at random. */
export type PeerId = Brand<string, "PeerId">;
/** 32 lowercase hex digits: the first 128 bits of SHA-256 over the swarm's name. */
export type SwarmId = Brand<string, "SwarmId">;
/** Unsigned 32-bit hash of what is stable about a rendition: its type, URL path and attributes. */
export type TrackId = Brand<number, "TrackId">;
/** 32 lowercase hex digits: the first 128 bits of SHA-256 over one chunk. */
export type ChunkHash = Brand<string, "ChunkHash">;
/** A request of the player; unique within one engine. */
export type WantId = Brand<number, "WantId">;
/** An HTTP request to the origin; unique within one engine. */
export type FetchId = Brand<number, "FetchId">;

export const isPeerId = (value: unknown): value is PeerId => typeof value === "string" && /^[0-9a-f]{16}$/.test(value);
export const isSwarmId = (value: unknown): value is SwarmId => typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
