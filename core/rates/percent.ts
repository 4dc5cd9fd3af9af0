import { exactDouble, roundQuotient, roundSafe } from '../rounding.ts'

/**
 * Decimal writing of a rate found in floating point. The float carries some 13 good digits, so it is first snapped to
 * nine decimals of a percent and then rounded half up as the laws say: an exact 12.95 that arrives as 12.949999999999
 * shows as 13.0, not as 12.9.
 */
const SNAP_DECIMALS = 9
const SNAP = 10 ** SNAP_DECIMALS
/** One of the last decimal shown, in snapped ones, by the number of decimals. */
const UNITS = Array.from({ length: SNAP_DECIMALS + 1 }, (_, decimals) => 10 ** (SNAP_DECIMALS - decimals))

/** "9.6943" from 0.096943…; half away from zero, `decimals` ≤ 9. */
export function percentText(rate: number, decimals: number): string {
  const snapped = Math.round(rate * 100 * SNAP)
  const size = Math.abs(snapped)
  const unit = UNITS[decimals]!
  const rounded =
    size <= exactDouble ? roundSafe(size, unit, 'half-up') : roundQuotient(BigInt(size), BigInt(unit), 'half-up')
  const digits = rounded.toString().padStart(decimals + 1, '0')
  const text = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
  return snapped < 0 && size * 2 >= unit ? `-${text}` : text
}
