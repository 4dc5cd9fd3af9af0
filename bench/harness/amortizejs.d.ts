/** The package brings no types; these are the parts of it that the benchmark uses. */
declare module 'amortizejs' {
  interface Order {
    method: 'mortgage'
    apr: number
    balance: number
    loanTerm: number
    startDate: Date
  }
  export const Calculator: {
    calculate(order: Order): { schedule: { interest: number; principal: number; date: Date }[] }
  }
}
