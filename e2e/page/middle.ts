/** The man in the middle: ends each connection himself, once towards each side, and passes on what they say. Runs in a page. */
export function installMiddle(): void {
  interface Data { readonly type: string; readonly attempt: string; readonly sdp?: string; readonly candidate?: RTCIceCandidateInit; readonly proves?: boolean }
  const page = globalThis as unknown as { deliver(to: string, from: string, data: object): Promise<void>; middle(from: string, to: string, data: Data): void; passed: number };
  page.passed = 0;
  /** By victim, the one he is to be for it, and the attempt. */
  const connections = new Map<string, RTCPeerConnection>();
  const order = new Map<string, Promise<void>>();

  function open(victim: string, as: string, { attempt, proves }: Data): RTCPeerConnection {
    const connection = new RTCPeerConnection({ iceServers: [] });
    connections.set(`${victim}/${as}/${attempt}`, connection);
    connection.onicecandidate = ({ candidate }) => candidate && page.deliver(victim, as, { type: "candidate", attempt, candidate: candidate.toJSON(), proves });
    return connection;
  }

  function pipe(from: RTCDataChannel, to: Promise<RTCDataChannel>): void {
    from.binaryType = "arraybuffer";
    from.onmessage = ({ data }) => void to.then((channel) => {
      page.passed += 1;
      channel.send(data as ArrayBuffer);
    });
  }

  async function offered(from: string, to: string, data: Data): Promise<void> {
    const near = open(from, to, data);
    const far = open(to, from, { ...data, attempt: "eeeeeeee" });
    const channel = far.createDataChannel("shoal");
    const farOpen = new Promise<RTCDataChannel>((resolve) => (channel.onopen = () => resolve(channel)));
    const nearOpen = new Promise<RTCDataChannel>((resolve) => (near.ondatachannel = (event) => {
      pipe(event.channel, farOpen);
      resolve(event.channel);
    }));
    pipe(channel, nearOpen);
    await near.setRemoteDescription({ type: "offer", sdp: data.sdp ?? "" });
    await near.setLocalDescription();
    await page.deliver(from, to, { type: "answer", sdp: near.localDescription?.sdp, attempt: data.attempt, proves: data.proves });
    await far.setLocalDescription();
    await page.deliver(to, from, { type: "offer", sdp: far.localDescription?.sdp, attempt: "eeeeeeee", proves: data.proves });
  }

  async function signalled(from: string, to: string, data: Data): Promise<void> {
    if (data.type === "offer") return offered(from, to, data);
    const connection = connections.get(`${from}/${to}/${data.attempt}`);
    if (data.type === "answer") await connection?.setRemoteDescription({ type: "answer", sdp: data.sdp ?? "" });
    if (data.type === "candidate") await connection?.addIceCandidate(data.candidate);
  }

  page.middle = (from, to, data) => {
    const key = `${from}/${to}`;
    order.set(key, (order.get(key) ?? Promise.resolve()).then(() => signalled(from, to, data)).catch(() => undefined));
  };
}
