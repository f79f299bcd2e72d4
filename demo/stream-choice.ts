import type { Stream } from "./streams.js";

/** The switch between streams: one radio button each. */
export function showStreamChoice(host: HTMLElement, streams: readonly Stream[], chosen: Stream, onChoose: (stream: Stream) => void): void {
  for (const stream of streams) {
    const [label, input, name] = [document.createElement("label"), document.createElement("input"), document.createElement("span")];
    input.type = "radio";
    input.name = "stream";
    input.checked = stream === chosen;
    input.addEventListener("change", () => onChoose(stream));
    name.textContent = stream.name;
    name.title = stream.url;
    label.append(input, name);
    host.append(label);
  }
}
