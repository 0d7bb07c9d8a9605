// docker/compose.yaml is readable and means what it says: every service, volume, network, secret and file it refers to is
// there, every node waits for its own healthy database, and every image has a tag.
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { report, root } from './report.mjs';

const file = 'docker/compose.yaml';
const folder = path.join(root, 'docker');
const problems = [];

const document = parse(fs.readFileSync(path.join(root, file), 'utf8'), { merge: true });
const { services = {}, volumes = {}, networks = {}, secrets = {}, configs = {} } = document;

for (const [name, service] of Object.entries(services)) checkService(name, service);
for (const [kind, entries] of Object.entries({ secrets, configs })) {
  for (const [name, entry] of Object.entries(entries)) {
    if (entry.file !== undefined) needFile(`${kind}.${name}`, entry.file);
  }
}
checkDockerfile();
report(problems);

function checkService(name, service) {
  if (service.image === undefined && service.build === undefined)
    problem(name, 'has neither image nor build');
  if (service.image !== undefined && !/:[^/]+$/.test(service.image))
    problem(name, `image ${service.image} has no tag`);
  for (const network of namesIn(service.networks)) need(name, 'network', networks, network);
  for (const secret of namesIn(service.secrets)) need(name, 'secret', secrets, secret);
  for (const config of namesIn(service.configs)) need(name, 'config', configs, config);
  for (const mount of service.volumes ?? []) checkMount(name, mount);
  for (const [other, how] of dependenciesOf(service)) {
    need(name, 'service', services, other);
    if (
      how.condition === 'service_healthy' &&
      services[other]?.healthcheck === undefined &&
      services[other]?.build === undefined
    ) {
      problem(name, `waits for ${other} to be healthy, which has no health check`);
    }
  }
}

function checkMount(name, mount) {
  const source = typeof mount === 'string' ? mount.split(':')[0] : mount.source;
  if (source === undefined) return;
  if (source.startsWith('.')) needFile(name, source);
  else if (!source.startsWith('/')) need(name, 'volume', volumes, source);
}

/** Every file that the image copies from the repository is there. */
function checkDockerfile() {
  const text = fs.readFileSync(path.join(folder, 'Dockerfile'), 'utf8');
  for (const [, sources] of text.matchAll(/^COPY (?!--from)(?:--\S+ )*(.+) \S+$/gm)) {
    for (const source of sources.split(' ')) {
      if (!fs.existsSync(path.join(root, source)))
        problem('Dockerfile', `copies ${source}, which is not there`);
    }
  }
  const untagged = [...text.matchAll(/^FROM ([^\s:]+)(?: AS \S+)?$/gm)].map(([, image]) => image);
  const stages = new Set([...text.matchAll(/ AS (\S+)$/gm)].map(([, stage]) => stage));
  for (const image of untagged) if (!stages.has(image)) problem('Dockerfile', `image ${image} has no tag`);
}

function dependenciesOf({ depends_on: list = {} }) {
  return Array.isArray(list) ? list.map((name) => [name, {}]) : Object.entries(list);
}

function namesIn(list = []) {
  const entries = Array.isArray(list) ? list : Object.keys(list);
  return entries.map((entry) => (typeof entry === 'string' ? entry : entry.source));
}

function need(where, kind, known, name) {
  if (!Object.hasOwn(known, name)) problem(where, `${kind} ${name} is not defined`);
}

function needFile(where, relative) {
  if (!fs.existsSync(path.resolve(folder, relative))) problem(where, `${relative} is not there`);
}

function problem(where, what) {
  problems.push(`${where === 'Dockerfile' ? 'docker/Dockerfile' : `${file}: ${where}`}: ${what}`);
}
