/**
 * Decimal writing of a rate found in floating point. The float carries some 13 good digits, so it is first snapped to
 * nine decimals of a percent and then rounded half up as the laws say: an exact 12.95 that arrives as 12.949999999999
 * shows as 13.0, not as 12.9.
 */
const SNAP_DECIMALS = 9

/** "9.6943" from 0.096943…; half away from zero, `decimals` ≤ 9. */
export function percentText(rate: number, decimals: number): string {
  const snapped = BigInt(Math.round(rate * 100 * 10 ** SNAP_DECIMALS))
  const negative = snapped < 0n
  const size = negative ? -snapped : snapped
  const unit = 10n ** BigInt(SNAP_DECIMALS - decimals)
  const rounded = (size + unit / 2n) / unit
  const digits = rounded.toString().padStart(decimals + 1, '0')
  const text = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
  return negative && rounded !== 0n ? `-${text}` : text
}
