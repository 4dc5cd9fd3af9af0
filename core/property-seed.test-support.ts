/** Preloaded by `npm run test:properties`: with CHIT_PROPERTY_SEED every property sees the same cases in every run. */
import fc from 'fast-check'

const { CHIT_PROPERTY_SEED: seed } = process.env
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) })
