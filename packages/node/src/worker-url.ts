/**
 * Where a worker's module stands: beside its caller, as `.ts` in the sources and as `.js` in what is
 * published.
 */
export function workerUrl(name: string, caller: string): URL {
  return new URL(`./${name}.worker${caller.endsWith('.ts') ? '.ts' : '.js'}`, caller);
}
