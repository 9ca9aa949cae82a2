/** What smoothed labels do to the loss. */

/**
 * The smallest cross-entropy, in nats, that is possible with smoothed labels: the entropy of the labels themselves. The
 * right class is to get `1 - smoothing + smoothing / classes`, each other class `smoothing / classes`.
 */
export function leastLoss(smoothing: number, classes: number): number {
  const other = smoothing / classes;
  const right = 1 - smoothing + other;
  const part = (share: number): number => (share > 0 ? -share * Math.log(share) : 0);
  return part(right) + (classes - 1) * part(other);
}
