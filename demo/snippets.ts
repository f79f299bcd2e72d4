const COPIED_MS = 1_500;

/** Fills this page's tracker into the two ways to use Shoal. */
export function nameTracker(tracker: string): void {
  for (const place of document.querySelectorAll("[data-tracker]")) place.textContent = tracker;
}

export function makeSnippetsCopyable(): void {
  for (const box of document.querySelectorAll(".snippet")) {
    const [button, code] = [box.querySelector("button"), box.querySelector("code")];
    if (button !== null && code !== null) button.addEventListener("click", () => void copy(button, code));
  }
}

async function copy(button: HTMLButtonElement, code: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), COPIED_MS);
  } catch {
    // Where the clipboard is forbidden, the selection is one key away from it.
    getSelection()?.selectAllChildren(code);
  }
}
