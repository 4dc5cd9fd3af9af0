/** Amounts as people read them. */
import { formatMinor, type Minor } from '../../core/money.ts'

/** An integer of an answer, exactly. Throws beyond 2^53, where JSON.parse has already rounded it. */
export function minor(amount: number): Minor {
  if (!Number.isSafeInteger(amount)) throw new RangeError(`${amount} is not an exact amount in minor units`)
  return BigInt(amount)
}

/** 399900 CNY is "3,999.00". */
export function money(amount: number | Minor, currency: string): string {
  const text = formatMinor(typeof amount === 'number' ? minor(amount) : amount, currency)
  return text.replace(/\d+/, grouped)
}

/** 25900 is "25,900". */
export function count(value: number): string {
  return String(value).replace(/\d+/, grouped)
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',')
}
