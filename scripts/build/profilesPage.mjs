// docs/profiles.md: every field of every profile, from the table that settings and validation are made from.

const titles = {
  local: 'On this machine',
  address: 'A scheduler of others',
  dataproc: 'Google Cloud Dataproc',
};

const intro = `# Profiles

A profile says what a cluster is, and how runs use it. Profiles are under \`dask.profiles\` in settings, where VS Code completes and checks them; \`local\` is there without being written. Nothing is started with a profile that cannot be: everything that is wrong is said at once, with its place.

\`\`\`jsonc
"dask.profiles": {
  "big": { "backend": "local", "workers": { "minimum": 1, "maximum": 16 }, "memoryLimit": "4GiB" },
  "cloud": { "backend": "dataproc", "project": "my-project", "region": "europe-west1" },
  "nightly": {
    "backend": "dataproc",
    "extends": "cloud",
    "worker": { "machineType": "n2-highmem-8" },
    "secondaryWorkers": { "count": 2 },
    "scaling": { "minimum": 2, "maximum": 20 },
    "packages": { "requirements": "\${workspaceFolder}/requirements.txt" },
    "maxRun": "3 hours"
  }
}
\`\`\`

**extends** names a profile of the same backend from which everything is taken that this one does not say. Objects are taken field by field, so \`"worker": { "count": 4 }\` keeps the machine type of the other; lists, \`workers\`, \`tls\` and \`queues\` are taken as a whole. What can be said in one of several ways (\`network\` or \`subnetwork\`) is taken only where none of them is said. The other profile must be right by itself, and may extend a third one.

This page is made from the table of fields by \`npm run generate\`.
`;

const sizes = `### How Dask fits the machines
YARN has four fifths of a worker machine's memory, and all its cores; the properties \`yarn:yarn.nodemanager.resource.memory-mb\` and \`…cpu-vcores\` change that. A Dask worker's container is its \`memoryLimit\` and a tenth of that, at least 384 MiB. What is left out is worked out:

- \`threadsPerWorker\` is the cores of the worker machine;
- \`memoryLimit\` is YARN's memory divided by the workers that the cores allow (cores / threads), down to whole GiB for the container, less its tenth, down to a quarter of a GiB. An n2-standard-4 with 4 cores and 16 GiB has one worker of 4 threads and 10.75 GiB;
- \`workers\` is as many as the machines hold, and with \`scaling\` a range from those of the fewest machines to those of the most.

What is written is checked against the machines: threads against cores, container against memory, workers against room. Where \`otherMachineTypes\` are named, it must fit each of them. With \`"count": 0\` the master is the worker machine. Machine types are known for the families N1, N2, N2D, N4, E2, C2, C2D, C3, C3D and T2D; with others \`threadsPerWorker\`, \`memoryLimit\` and \`workers\` must be written.
`;

/** @param {Record<string, readonly object[]>} profileFields */
export function profilesPage(profileFields) {
  const parts = Object.entries(profileFields).map(([backend, fields]) => {
    const about = fields.find(({ name }) => name === 'backend').type.values[0].description;
    const head = `## ${titles[backend]}: \`"backend": "${backend}"\`\n${about}\n\n`;
    const rows = fields.filter(({ name }) => name !== 'backend').flatMap((field) => rowsOf(field, ''));
    const table = ['| field | what it is | allowed | default |', '|---|---|---|---|', ...rows].join('\n');
    return `${head}${table}\n${backend === 'dataproc' ? `\n${sizes}` : ''}`;
  });
  return [intro, ...parts].join('\n');
}

function rowsOf(field, prefix) {
  const name = prefix + field.name;
  const standard =
    field.required === true
      ? 'required'
      : field.default === undefined || isEmpty(field.default)
        ? ''
        : `\`${JSON.stringify(field.default)}\``;
  const row = [`\`${name}\``, cell(field.description), cell(words(field)), standard].join(' | ');
  return [`| ${row} |`, ...insides(field.type, name).flatMap(([inside, under]) => rowsOf(inside, under))];
}

/** Fields of an object, also where it is an entry of a list or a map. */
function insides(type, name) {
  switch (type.kind) {
    case 'object':
      return type.fields.map((field) => [field, `${name}.`]);
    case 'list':
      return insides(type.item, `${name}[]`);
    case 'map':
      return insides(type.value, `${name}.*`);
    case 'either':
      return type.types.flatMap((one) => insides(one, name));
    default:
      return [];
  }
}

function words({ type, allowed }) {
  return type.kind === 'choice'
    ? type.values.map(({ value, description }) => `\`"${value}"\`: ${description}`).join('<br>')
    : allowed;
}

function isEmpty(value) {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('&lt;br>', '<br>').replaceAll('*.', '\\*.');
}
