/** Divides a budget equally, but nobody gets more than it wants (max-min fairness). Whole numbers. */
export function fairShares(budget: number, wants: readonly number[]): number[] {
  const shares = wants.map(() => 0);
  const order = wants.map((_, index) => index).sort((a, b) => (wants[a] ?? 0) - (wants[b] ?? 0) || a - b);
  let left = budget;
  order.forEach((index, position) => {
    const share = Math.min(wants[index] ?? 0, Math.floor(left / (order.length - position)));
    shares[index] = share;
    left -= share;
  });
  return shares;
}
