/** The script tag, which has to be small, signs and counts nothing: see `with-receipts.ts`. Its choker goes by what neighbours gave. */
export const receiptKey = undefined;
