// What the daemons are configured with: as on Dataproc where it matters, and quick to notice things.

/** @typedef {Record<string, string | number | boolean>} Properties */

/**
 * Of the ResourceManager and of clients.
 * @param {{host: string, folder: string, ports: number[]}} place five free ports of `host`, used again after a restart
 * @returns {Properties}
 */
export function resourceManager({ host, folder, ports }) {
  const at = (index) => `${host}:${ports[index]}`;
  return {
    'fs.defaultFS': 'file:///',
    'hadoop.tmp.dir': `${folder}/tmp`,
    'yarn.resourcemanager.hostname': host,
    'yarn.resourcemanager.bind-host': host,
    'yarn.resourcemanager.address': at(0),
    'yarn.resourcemanager.scheduler.address': at(1),
    'yarn.resourcemanager.resource-tracker.address': at(2),
    'yarn.resourcemanager.admin.address': at(3),
    'yarn.resourcemanager.webapp.address': at(4),
    'yarn.resourcemanager.scheduler.class':
      'org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler',
    'yarn.scheduler.minimum-allocation-mb': 256,
    'yarn.scheduler.maximum-allocation-mb': 8192,
    'yarn.resourcemanager.nodes.exclude-path': `${folder}/exclude`,
    // Applications and their containers outlive it.
    'yarn.resourcemanager.recovery.enabled': true,
    'yarn.resourcemanager.work-preserving-recovery.enabled': true,
    'yarn.resourcemanager.work-preserving-recovery.scheduling-wait-ms': 500,
    'yarn.resourcemanager.store.class': 'org.apache.hadoop.yarn.server.resourcemanager.recovery.FileSystemRMStateStore',
    'yarn.resourcemanager.fs.state-store.uri': `file://${folder}/state`,
    // A queue that has less than its share takes it back within seconds.
    'yarn.resourcemanager.scheduler.monitor.enable': true,
    'yarn.resourcemanager.monitor.capacity.preemption.monitoring_interval': 500,
    'yarn.resourcemanager.monitor.capacity.preemption.max_wait_before_kill': 1000,
    'yarn.resourcemanager.monitor.capacity.preemption.total_preemption_per_round': 1,
    'yarn.resourcemanager.monitor.capacity.preemption.natural_termination_factor': 1,
    'yarn.resourcemanager.nodemanagers.heartbeat-interval-ms': 250,
    'yarn.resourcemanager.decommissioning-nodes-watcher.poll-interval-secs': 1,
    'yarn.nm.liveness-monitor.expiry-interval-ms': 4000,
    'yarn.resourcemanager.connect.retry-interval.ms': 500,
    'yarn.client.nodemanager-connect.retry-interval-ms': 500,
    'yarn.client.nodemanager-connect.max-wait-ms': 5000,
  };
}

/**
 * Of one NodeManager.
 * @param {{host: string, folder: string, memory: number, vcores: number}} node memory in MiB
 * @returns {Properties}
 */
export function nodeManager({ host, folder, memory, vcores }) {
  return {
    'hadoop.tmp.dir': `${folder}/tmp`,
    'yarn.nodemanager.hostname': host,
    'yarn.nodemanager.bind-host': host,
    'yarn.nodemanager.address': `${host}:0`,
    'yarn.nodemanager.localizer.address': `${host}:0`,
    'yarn.nodemanager.webapp.address': `${host}:0`,
    'yarn.nodemanager.collector-service.address': `${host}:0`,
    'yarn.nodemanager.amrmproxy.address': `${host}:0`,
    'yarn.nodemanager.local-dirs': `${folder}/local`,
    'yarn.nodemanager.log-dirs': `${folder}/logs`,
    'yarn.nodemanager.resource.memory-mb': memory,
    'yarn.nodemanager.resource.cpu-vcores': vcores,
    // Address space says nothing about memory; what is used for real is watched as everywhere.
    'yarn.nodemanager.vmem-check-enabled': false,
    'yarn.nodemanager.pmem-check-enabled': true,
    // By default that is left to control groups, also where there are none.
    'yarn.nodemanager.resource.memory.enforced': false,
    'yarn.nodemanager.container-monitor.interval-ms': 300,
    'yarn.nodemanager.sleep-delay-before-sigkill.ms': 500,
    'yarn.nodemanager.delete.debug-delay-sec': 0,
    'yarn.nodemanager.log.retain-seconds': 600,
    'yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage': 99.5,
  };
}

/** Two queues that lend each other what they do not use, and one that takes nothing. */
export function queues() {
  return {
    ...scheduling,
    'yarn.scheduler.capacity.root.queues': 'default,other,stopped',
    ...queue('default', 50),
    ...queue('other', 50),
    ...queue('stopped', 0, 'STOPPED'),
  };
}

/** The one that a cluster has unless it is told otherwise. */
export function oneQueue() {
  return { ...scheduling, 'yarn.scheduler.capacity.root.queues': 'default', ...queue('default', 100) };
}

const scheduling = {
  'yarn.scheduler.capacity.maximum-am-resource-percent': 1,
  'yarn.scheduler.capacity.node-locality-delay': -1,
  'yarn.scheduler.capacity.resource-calculator': 'org.apache.hadoop.yarn.util.resource.DefaultResourceCalculator',
};

const queue = (name, capacity, state = 'RUNNING') => ({
  [`yarn.scheduler.capacity.root.${name}.capacity`]: capacity,
  [`yarn.scheduler.capacity.root.${name}.maximum-capacity`]: 100,
  [`yarn.scheduler.capacity.root.${name}.user-limit-factor`]: 100,
  [`yarn.scheduler.capacity.root.${name}.state`]: state,
});

export const log4j = `log4j.rootLogger=INFO,stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.target=System.err
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=%d{ISO8601} %p %c{2}: %m%n
`;

/** @param {Properties} properties */
export function toXml(properties) {
  const lines = Object.entries(properties).map(
    ([name, value]) => `  <property><name>${name}</name><value>${escapeXml(String(value))}</value></property>`,
  );
  return `<?xml version="1.0"?>\n<configuration>\n${lines.join('\n')}\n</configuration>\n`;
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
