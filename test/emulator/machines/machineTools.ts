import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemTools } from './systemTools';

const getMetadataValue = `#!/bin/bash
# /usr/share/google/get_metadata_value of the emulator.
exec curl --fail --silent --show-error -H 'Metadata-Flavor: Google' "http://$GCE_METADATA_HOST/computeMetadata/v1/instance/$1"
`;

/** The few commands of the Cloud SDK that scripts on a machine use: cp, cat and ls. */
const cloudTool = `#!/usr/bin/env python3
"""Copies to and from the emulator's buckets: gsutil and gcloud storage."""
import fnmatch, http.client, json, os, pathlib, shutil, sys, time, urllib.error, urllib.parse, urllib.request

ENDPOINT = os.environ["STORAGE_EMULATOR_HOST"]


def token():
    url = "http://%s/computeMetadata/v1/instance/service-accounts/default/token" % os.environ["GCE_METADATA_HOST"]
    request = urllib.request.Request(url, headers={"Metadata-Flavor": "Google"})
    return json.load(urllib.request.urlopen(request))["access_token"]


def call(path, data=None):
    headers = {"Authorization": "Bearer " + token(), "Content-Type": "application/octet-stream"}
    for pause in (0.2, 0.5, 1, 2, 4, None):
        try:
            return urllib.request.urlopen(urllib.request.Request(ENDPOINT + path, data=data, headers=headers))
        except (OSError, http.client.HTTPException) as error:
            # As the real ones do.
            if pause is None or getattr(error, "code", 503) < 500:
                raise
            time.sleep(pause)


def split(uri):
    bucket, _, name = uri[len("gs://"):].partition("/")
    return bucket, name


def media(uri):
    bucket, name = split(uri)
    return call("/storage/v1/b/%s/o/%s?alt=media" % (bucket, urllib.parse.quote(name, safe="")))


def names(uri):
    bucket, name = split(uri)
    prefix = name.split("*")[0]
    listed = json.load(call("/storage/v1/b/%s/o?prefix=%s" % (bucket, urllib.parse.quote(prefix, safe=""))))
    found = [item["name"] for item in listed.get("items", [])]
    return ["gs://%s/%s" % (bucket, one) for one in found if "*" not in name or fnmatch.fnmatchcase(one, name)]


def copy(source, target):
    if source.startswith("gs://"):
        if target.endswith("/") or pathlib.Path(target).is_dir():
            target = os.path.join(target, source.rsplit("/", 1)[-1])
        if target == "-":
            shutil.copyfileobj(media(source), sys.stdout.buffer)
        else:
            with open(target, "wb") as file:
                shutil.copyfileobj(media(source), file)
    else:
        bucket, name = split(target)
        if name == "" or name.endswith("/"):
            name += pathlib.Path(source).name
        query = urllib.parse.urlencode({"uploadType": "media", "name": name})
        call("/upload/storage/v1/b/%s/o?%s" % (bucket, query), pathlib.Path(source).read_bytes())


words = [word for word in sys.argv[1:] if not word.startswith("-") or word == "-"]
if words[:1] == ["storage"]:
    words = words[1:]
try:
    command, *rest = words
    if command == "cp":
        *sources, target = rest
        for source in sources:
            for one in names(source) if "*" in source else [source]:
                copy(one, target)
    elif command == "cat":
        for uri in rest:
            shutil.copyfileobj(media(uri), sys.stdout.buffer)
    elif command == "ls":
        print("\\n".join(name for uri in rest for name in names(uri)))
    else:
        sys.exit("The emulator's machines have of gsutil and gcloud only: cp, cat, ls.")
except urllib.error.HTTPError as error:
    reason = json.loads(error.read() or b"{}").get("error", {}).get("message", "")
    sys.exit("ERROR: HTTPError %s: %s" % (error.code, reason))
`;

/** Programs that a real machine has, for the front of PATH. */
export async function writeTools(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const tools = { get_metadata_value: getMetadataValue, gsutil: cloudTool, gcloud: cloudTool, ...systemTools };
  for (const [name, text] of Object.entries(tools)) {
    await writeFile(join(bin, name), text);
    await chmod(join(bin, name), 0o755);
  }
  return bin;
}
