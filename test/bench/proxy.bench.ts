import { Agent, request } from 'node:http';
import { DashboardProxyServer } from '../../src/scheduler/dashboardProxyServer';
import { benchmark, options, quietLogger, spread } from './benchmark';
import { startScheduler } from './scheduler';

/** A real scheduler's dashboard, straight and through the proxy, by turns. */
benchmark(async () => {
  const scheduler = await startScheduler();
  const server = new DashboardProxyServer(quietLogger);
  try {
    const proxy = await server.open({ address: scheduler.address, httpUrl: scheduler.httpUrl, dashboard: true });
    const ways = { direct: scheduler.httpUrl, proxied: `http://127.0.0.1:${proxy.port}/${proxy.secret}` };
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const page = (await read(agent, `${ways.direct}/individual-task-stream`)).toString();
    const script = /src="(static\/js\/bokeh\.min\.js[^"]*)"/.exec(page)?.[1];
    if (script === undefined) {
      throw new Error('The page of a plot names no script of Bokeh');
    }
    const latency: Record<string, number[]> = { direct: [], proxied: [] };
    const throughput: Record<string, number[]> = { direct: [], proxied: [] };
    for (let i = 0; i < options.number('rounds', 300, 30); i++) {
      for (const [way, base] of Object.entries(ways)) {
        const start = performance.now();
        await read(agent, `${base}/individual-plots.json`);
        latency[way]?.push(performance.now() - start);
      }
    }
    for (let i = 0; i < options.number('rounds', 60, 10); i++) {
      for (const [way, base] of Object.entries(ways)) {
        const start = performance.now();
        const bytes = (await read(agent, `${base}/${script}`)).length;
        throughput[way]?.push(bytes / 1e3 / (performance.now() - start));
      }
    }
    proxy.dispose();
    const [direct, proxied] = [spread(throughput['direct'] ?? []), spread(throughput['proxied'] ?? [])];
    const [directMs, proxiedMs] = [spread(latency['direct'] ?? []), spread(latency['proxied'] ?? [])];
    return {
      latencyMs: { direct: directMs, proxied: proxiedMs, addedAtP50: proxiedMs.p50 - directMs.p50 },
      scriptMegabytesPerSecond: { direct, proxied, ratio: proxied.p50 / direct.p50 },
      budget: { addedAtP50: 5, ratio: 0.8 },
    };
  } finally {
    server.dispose();
    await scheduler.stop();
  }
});

function read(agent: Agent, url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        if (answer.statusCode === 200) {
          resolve(Buffer.concat(parts));
        } else {
          reject(new Error(`${url}: ${String(answer.statusCode)}`));
        }
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
