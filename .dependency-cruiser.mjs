/**
 * The floor plan as rules. Lower rooms never know higher ones: a reader who has understood `journal` never has to
 * unlearn it because of `settlement`, and a room can be taken out without touching what lies below it.
 */

/** From low to high; a capability may use those before it. */
const capabilities = [
  'journal',
  'parties',
  'programs',
  'risk',
  'lines',
  'loans',
  'charges',
  'disputes',
  'repayments',
  'statements',
  'settlement',
  'cards',
  'cashier',
  'benefits',
  'merchant-loans',
  'supply-chain',
  'partners',
  'reports',
  'closing',
  'explain',
  'audit',
]

const upward = capabilities.slice(0, -1).map((name, index) => ({
  name: `${name}-knows-nothing-above-it`,
  severity: 'error',
  from: { path: `^server/${name}/`, pathNot: '\\.test\\.ts$' },
  to: { path: `^server/(${capabilities.slice(index + 1).join('|')})/` },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Of types neither: shapes that two files share live in a third (types.ts).',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'core-is-pure',
      comment: 'No I/O, no clock, no randomness, no package: core is arithmetic that can be tested without anything.',
      severity: 'error',
      from: { path: '^core/', pathNot: '\\.(test|test-support|bench)\\.ts$' },
      to: { pathNot: '^core/' },
    },
    {
      name: 'platform-knows-nothing-of-credit',
      severity: 'error',
      from: { path: '^server/platform/' },
      to: { path: '^server/(?!platform/)|^core/(?!problem\\.ts$)' },
    },
    {
      name: 'capabilities-do-not-know-the-shell',
      severity: 'error',
      from: { path: `^server/(${capabilities.join('|')})/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^server/(main|routes|demo-[a-z-]+)\\.ts$' },
    },
    {
      name: 'the-auditor-reckons-by-itself',
      comment: 'What shares code with the server shares its faults. Neither packages: a fault in one would be in both.',
      severity: 'error',
      from: { path: '^sim/auditor/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^sim/auditor/' },
    },
    {
      name: 'nobody-leans-on-the-simulator',
      severity: 'error',
      from: { path: '^(core|server|cli)/' },
      to: { path: '^sim/' },
    },
    {
      name: 'tests-stay-outside',
      comment: 'What runs in production must not need what only tests have.',
      severity: 'error',
      from: { path: '^(core|server|cli)/', pathNot: '(\\.test(-support)?\\.ts|/testing\\.ts)$' },
      to: { path: '(\\.test(-support)?\\.ts|/testing\\.ts)$' },
    },
    {
      name: 'declared-packages-only',
      comment: 'A package that only happens to be installed by another one disappears with it.',
      severity: 'error',
      from: { path: '^(core|server|cli)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...upward,
  ],
  options: {
    // TypeScript 7 has no programming interface yet; swc reads the same syntax.
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)node_modules/' },
    tsPreCompilationDeps: true,
    moduleSystems: ['es6'],
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
}
