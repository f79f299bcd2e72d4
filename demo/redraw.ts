/** Ten pictures a second at most: the page must not cost what the sharing saves. */
const FRAME_MS = 100;

/** Calls `draw` at most ten times a second, only while the tab shows and `element` is on screen. */
export function redraw(element: Element, draw: (nowMs: number) => void): void {
  let onScreen = false;
  let scheduled = false;
  const next = (): void => {
    if (scheduled || !onScreen) return;
    scheduled = true;
    // The frame request waits by itself while the tab is hidden.
    setTimeout(() => requestAnimationFrame((nowMs) => {
      scheduled = false;
      draw(nowMs);
      next();
    }), FRAME_MS);
  };
  new IntersectionObserver((entries) => {
    onScreen = entries.at(-1)?.isIntersecting ?? false;
    next();
  }, { rootMargin: "100px" }).observe(element);
}

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

export const prefersStillness = (): boolean => stillness.matches;
