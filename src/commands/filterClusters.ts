import { clusterFilters, type ClusterFilter } from '../host/clusterFilter';
import { pickSingle } from '../host/quickSteps';
import type { CommandParts } from './commandParts';

/** Chooses which clusters the view lists. */
export function filterClusters({ filter }: Pick<CommandParts, 'filter'>) {
  return async (): Promise<void> => {
    const items = (Object.keys(clusterFilters) as ClusterFilter[]).map((value) => {
      const { label, description } = clusterFilters[value];
      return { label, description: value === filter.value ? `${description} · shown now` : description, value };
    });
    const active = items.find(({ value }) => value === filter.value);
    await filter.set(
      (await pickSingle({ title: 'Filter Clusters', placeholder: 'Clusters to list', items, active })).value,
    );
  };
}
