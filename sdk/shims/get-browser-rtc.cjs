// Looked up at every call, so that importing Shoal on a server is safe.
module.exports = () => (typeof RTCPeerConnection === "undefined" ? null : { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate });
