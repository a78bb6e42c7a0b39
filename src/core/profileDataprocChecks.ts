import { reservedProperties } from './fields/dataprocSoftware';
import { formatDuration } from './duration';
import { isArm, machineShape } from './machineTypes';
import type { Machines, ReadDataproc, Thresholds } from './profileDataproc';
import type { Report } from './profileValidation';

const queuesProperty = 'capacity-scheduler:yarn.scheduler.capacity.root.queues';

/** Reports what cannot be together. @param written as it stands in settings */
export function checkDataproc(
  read: ReadDataproc,
  machines: Machines,
  written: Readonly<Record<string, unknown>>,
  report: Report,
): void {
  checkPlace(read, report);
  checkMachines(read, report);
  checkProperties(read, report);
  checkCounts(machines, written, report);
  checkQueues(read, report);
  checkThresholds(read.memory, report);
  checkPackages(read, written, report);
  checkLimits(read, report);
}

function checkPlace({ region, zone, otherZones, subnetwork, kmsKey, nfsMounts }: ReadDataproc, report: Report): void {
  const inRegion = `a zone of the region, such as "${region}-b"`;
  const why = `"region" is "${region}".`;
  if (zone !== undefined && !zone.startsWith(`${region}-`)) {
    report(['zone'], zone, inRegion, why);
  }
  otherZones.forEach((other, index) => {
    if (!other.startsWith(`${region}-`)) {
      report(['otherZones', index], other, inRegion, why);
    } else if (other === zone) {
      report(['otherZones', index], other, 'zones other than "zone"');
    }
  });
  if (otherZones.length > 0 && zone === undefined) {
    report(['otherZones'], otherZones, 'other zones where "zone" is the first to be tried', '"zone" is missing.');
  }
  const subnetworkRegion = subnetwork === undefined ? undefined : /\/regions\/([^/]+)\//.exec(subnetwork)?.[1];
  if (subnetworkRegion !== undefined && subnetworkRegion !== region) {
    report(['subnetwork'], subnetwork, `a subnetwork of the region "${region}"`);
  }
  const keyRegion = kmsKey === undefined ? undefined : /\/locations\/([^/]+)\//.exec(kmsKey)?.[1];
  if (keyRegion !== undefined && keyRegion !== region) {
    report(['kmsKey'], kmsKey, `a key in locations/${region}, the region of the cluster`);
  }
  nfsMounts.forEach(({ mountPoint }, index) => {
    const before = nfsMounts.slice(0, index).map((mount) => mount.mountPoint.replace(/\/$/, ''));
    const other = before.find((path) => `${mountPoint.replace(/\/$/, '')}/`.startsWith(`${path}/`));
    if (other !== undefined) {
      report(
        ['nfsMounts', index, 'mountPoint'],
        mountPoint,
        `a folder that is not in "${other}", where another share is`,
      );
    }
  });
}

function checkMachines(read: ReadDataproc, report: Report): void {
  const groups = ['master', 'worker'] as const;
  const types = [
    ...groups.map((group) => ({
      path: [group, 'machineType'],
      type: read[group].machineType,
      groups: [group] as const,
    })),
    ...read.otherMachineTypes.map((type, index) => ({ path: ['otherMachineTypes', index], type, groups })),
  ];
  for (const { path, type, groups: users } of types) {
    const shape = machineShape(type);
    if (isArm(type) && read.packages.image === undefined) {
      const why = 'It is an Arm machine, and the images of "imageVersion" and the pinned packages are for x86.';
      report(path, type, 'a machine type with x86 processors, such as "n2-standard-4"', why);
    } else if (shape !== undefined && 'wrong' in shape) {
      report(path, type, shape.wrong, 'There is no such machine type.');
    } else if (shape !== undefined) {
      const isOther = path[0] === 'otherMachineTypes';
      for (const group of users) {
        const { diskType, localSsds } = read[group];
        if (shape.disks?.includes(diskType) === false) {
          const allowed = shape.disks.map((disk) => `"${disk}"`).join(', ');
          reportUse(isOther, path, type, [group, 'diskType'], diskType, `disks of the types ${allowed}`);
        }
        if (shape.localSsds?.includes(localSsds) === false) {
          reportUse(isOther, path, type, [group, 'localSsds'], localSsds, `${shape.localSsds.join(', ')} SSDs`);
        }
      }
    }
  }

  /** At the disk where its machine is the profile's first choice, and at the machine where that is another one. */
  function reportUse(
    isOther: boolean,
    path: readonly (string | number)[],
    type: string,
    diskPath: readonly string[],
    value: unknown,
    takes: string,
  ): void {
    if (isOther) {
      report(
        path,
        type,
        'machine types that take the same disks',
        `It takes ${takes}, and "${diskPath.join('.')}" is ${JSON.stringify(value)}.`,
      );
    } else {
      report(diskPath, value, `${takes}, as ${type} takes`);
    }
  }
}

function checkProperties({ properties }: ReadDataproc, report: Report): void {
  for (const [name, allowed] of Object.entries(reservedProperties)) {
    if (Object.hasOwn(properties, name)) {
      report(['properties', name], properties[name], allowed);
    }
  }
}

function checkCounts(
  { scaling, primary, secondary }: Machines,
  written: Readonly<Record<string, unknown>>,
  report: Report,
): void {
  if (primary === 0 && secondary > 0) {
    report(['secondaryWorkers', 'count'], secondary, '0 for a single node', '"worker.count" is 0.');
  }
  if (primary === 0 && scaling.kind !== 'fixed') {
    report(['scaling'], written['scaling'], 'scaling of clusters with "worker.count" from 2', '"worker.count" is 0.');
    return;
  }
  if (scaling.kind !== 'limits') {
    return;
  }
  const { minimum, maximum } = scaling;
  const isPrimary = scaling.machines === 'primary';
  if (minimum > maximum) {
    report(['scaling', 'minimum'], minimum, `a whole number up to "scaling.maximum", which is ${maximum}`);
  } else if (maximum === 0) {
    report(['scaling', 'maximum'], maximum, 'a whole number from 1');
  } else if (isPrimary && minimum < 2) {
    report(['scaling', 'minimum'], minimum, 'a whole number from 2 for primary workers, or "machines": "secondary"');
  } else if (isPrimary && (primary < minimum || primary > maximum)) {
    report(['worker', 'count'], primary, `a whole number within the limits of "scaling", ${minimum} to ${maximum}`);
  } else if (!isPrimary && (secondary < minimum || secondary > maximum)) {
    const allowed = `a whole number within the limits of "scaling", ${minimum} to ${maximum}`;
    report(['secondaryWorkers', 'count'], secondary, allowed);
  }
}

function checkQueues({ queue, queues, properties }: ReadDataproc, report: Report): void {
  const names = Object.keys(queues);
  const byProperty = properties[queuesProperty];
  if (names.length > 0 && byProperty !== undefined) {
    report(['properties', queuesProperty], byProperty, 'either this property or "queues"');
  }
  for (const [name, value] of Object.entries(queues)) {
    if (typeof value === 'object' && value.maximum !== undefined && value.maximum < value.share) {
      report(['queues', name, 'maximum'], value.maximum, `a number from its share, ${value.share}, to 100`);
    }
  }
  const sum = Object.values(queues).reduce<number>((all, one) => all + (typeof one === 'number' ? one : one.share), 0);
  if (names.length > 0 && Math.abs(sum - 100) > 0.01) {
    report(['queues'], queues, 'shares that are 100 together', `They are ${Number(sum.toFixed(2))} together.`);
  }
  const known = names.length > 0 ? names : (byProperty?.split(',').map((name) => name.trim()) ?? ['default']);
  if (!known.includes(queue)) {
    const where = names.length === 0 && byProperty === undefined ? ', or another one that "queues" has' : '';
    report(['queue'], queue, known.map((name) => `"${name}"`).join(', ') + where);
  }
}

function checkThresholds(memory: Thresholds, report: Report): void {
  const order = ['target', 'spill', 'pause', 'terminate'] as const;
  let last: { name: string; value: number } | undefined;
  for (const name of order) {
    const value = memory[name];
    if (typeof value === 'number') {
      if (last !== undefined && value < last.value) {
        report(['memory', name], value, `a number from "memory.${last.name}", which is ${last.value}, to 1; or false`);
      }
      last = { name, value };
    }
  }
}

function checkPackages({ packages }: ReadDataproc, written: Readonly<Record<string, unknown>>, report: Report): void {
  const files = packages.requirements === undefined ? [] : [packages.requirements].flat();
  files.forEach((file, index) => {
    if (files.length > 1 && /\.(toml|lock)$/.test(file)) {
      report(
        ['packages', 'requirements', index],
        file,
        'several files *.txt, or one pyproject.toml or lock file alone',
      );
    }
  });
  const prebuilt = (['archive', 'image'] as const).find((name) => packages[name] !== undefined);
  for (const name of ['indexUrl', 'extraIndexUrl'] as const) {
    if (prebuilt !== undefined && packages[name] !== undefined) {
      const why = `"packages.${prebuilt}" is written too, and nothing is installed then.`;
      report(['packages', name], packages[name], `no index beside "packages.${prebuilt}"`, why);
    }
  }
  if (packages.image !== undefined && written['imageVersion'] !== undefined) {
    const why = 'An image has its version in it.';
    report(['imageVersion'], written['imageVersion'], 'one of "imageVersion" and "packages.image"', why);
  }
}

function checkLimits(read: ReadDataproc, report: Report): void {
  const { idleTimeout, maxAge, maxRun, afterRun } = read;
  const age = `"maxAge", which is ${formatDuration(maxAge * 1000)}`;
  if (idleTimeout > maxAge) {
    report(['idleTimeout'], formatDuration(idleTimeout * 1000), `a duration from 5 minutes to ${age}`);
  }
  if (maxRun !== undefined && maxRun > maxAge) {
    report(['maxRun'], formatDuration(maxRun * 1000), `a duration from 1 minute to ${age}`);
  }
  const withSsds = (['master', 'worker'] as const).find((group) => read[group].localSsds > 0);
  if (afterRun === 'stop' && withSsds !== undefined) {
    // Source: docs.cloud.google.com/dataproc/docs/concepts/configuring-clusters/scheduled-stop
    const why = `"${withSsds}.localSsds" is ${read[withSsds].localSsds}, and machines with local SSDs cannot be stopped.`;
    report(['afterRun'], afterRun, '"delete" or "keep"', why);
  }
}
