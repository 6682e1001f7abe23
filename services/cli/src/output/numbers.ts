/** Figures as people read them. Unknown is said, never shown as zero. */
export const unknown = "unknown";

/** A quality with three decimals. */
export function quality(value: number | undefined): string {
  return value === undefined ? unknown : value.toFixed(3);
}

/** USD with four significant digits, never in exponent form. */
export function usd(value: number | undefined): string {
  if (value === undefined) return unknown;
  if (value === 0) return "0";
  const decimals = Math.max(2, 3 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(decimals, 12));
}

/** A share as percent. */
export function percent(share: number | undefined): string {
  return share === undefined ? unknown : `${(share * 100).toFixed(1)} %`;
}
