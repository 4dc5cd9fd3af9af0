/** The loan that events are worked out by hand on: 300.00 at 1 % a month in three instalments of 102.01. */
export const base = {
  currency: 'USD',
  principal: '300',
  annualRatePercent: '12',
  method: 'equal-instalment',
  instalments: 3,
  disbursedOn: '2024-01-01',
  dayCount: '30/360',
  interestRecalculation: 'daily',
}

export const free = { annualRatePercent: '0' }

export const event = (type: string, on: string, more: object = {}): object => ({ type, on, ...more })

export const pay = (on: string, amount: string, more: object = {}): object =>
  event('repayment', on, { amount, ...more })
