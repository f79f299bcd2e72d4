// `code` is a getter without setter on some DOM errors (RTCError is a DOMException): assigning it throws.
module.exports = (error, code) => Object.defineProperty(error, "code", { value: code, enumerable: true, configurable: true });
