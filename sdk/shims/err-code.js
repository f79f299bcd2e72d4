/** `code` is a getter without setter on some DOM errors (RTCError is a DOMException): assigning it throws. */
export const errCode = (error, code) => Object.defineProperty(error, "code", { value: code, enumerable: true, configurable: true });
