import type { Platform } from './platform/context.ts'
import type { App } from './platform/http.ts'

/** All routes of all capabilities. */
export async function registerRoutes(_app: App, _platform: Platform): Promise<void> {}

/** Starts what runs beside requests; the function it gives stops that and waits until every accepted write is done. */
export function startJobs(_platform: Platform): () => Promise<void> {
  return async () => {}
}

/** Fills an empty database with a small world to try things on; gives the lines to print at the start. */
export async function ensureDemoWorld(_platform: Platform): Promise<string[]> {
  return []
}
