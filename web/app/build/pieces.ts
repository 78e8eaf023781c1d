// How the modules are put into files. What main.tsx reaches without an `import()` is the first load and stays in
// one piece, because small pieces compress worse; the pages of one kind are a piece too, because two dozen small
// files would cost more than they spare. What only lazy parts need stays out of the first load, wherever it stands.
import { join } from 'node:path';

interface Graph {
  getModuleInfo: (id: string) => { importedIds: readonly string[] } | null;
}

interface Group {
  name: (id: string, graph: Graph) => string | null;
  debugName: string;
  priority: number;
}

/** The groups of Rolldown's `codeSplitting`; the first load takes its modules first. */
export function pieces(root: string): Group[] {
  const entry = join(root, 'src/main.tsx');
  let reached: ReadonlySet<string> | undefined;
  const first = (id: string, graph: Graph) => {
    reached ??= reachedFrom(entry, graph);
    return reached.has(id) ? 'first' : null;
  };
  return [
    { name: first, debugName: 'first load', priority: 3 },
    { name: folder('parts'), debugName: 'shared parts', priority: 2 },
    // Needed at the door and inside: else who is inside fetches the door with it.
    { name: leaving, debugName: 'leaving', priority: 2 },
    {
      name: folder('door|files|keys|phone|rooms|search|settings|calls|offline'),
      debugName: 'folders',
      priority: 1,
    },
  ];
}

function leaving(id: string): string | null {
  return /\/app\/src\/(?:state\/leaving|storage\/whose)\.ts$/.test(id) ? 'leaving' : null;
}

function reachedFrom(entry: string, graph: Graph): ReadonlySet<string> {
  const reached = new Set([entry]);
  // A set walks what is added while it is walked.
  for (const id of reached) {
    for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) reached.add(imported);
  }
  if (reached.size < 10)
    throw new Error(`Only ${reached.size} modules are reached from ${entry}: is that the entry?`);
  return reached;
}

function folder(names: string): Group['name'] {
  const inside = new RegExp(`/app/src/(${names})/`);
  return (id) => inside.exec(id)?.[1] ?? null;
}
