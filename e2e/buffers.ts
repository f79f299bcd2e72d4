/** hls.js loads the whole stream at once, so that a viewer's store is full soon. */
export const WHOLE_STREAM = { maxBufferLength: 3600, maxMaxBufferLength: 3600, maxBufferSize: 1_000_000_000 };

/** hls.js loads little ahead and keeps little behind, so that there is something left to load. */
export const SHORT = { maxBufferLength: 4, maxMaxBufferLength: 4, backBufferLength: 0 };
