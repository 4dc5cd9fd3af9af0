/** An amount in minor units of its currency. A bigint, so that `amount * 0.1` does not compile. */
export type Minor = bigint
