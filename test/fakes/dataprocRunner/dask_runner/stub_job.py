"""
A job that does what its arguments say: `lines=40 pause=0.02 exit=3 mark=/path …`.

It reads its order and leaves its result as the contract of the cloud job has it (docs/architecture.md).
"""

import http.client
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ENDPOINT = os.environ["STORAGE_EMULATOR_HOST"]


def main():
    """Run the job to its end."""
    order = json.loads(media(sys.argv[1]))
    started = time.time()
    options = dict(arg.partition("=")[::2] for arg in order["args"] if "=" in arg)
    ended = {"exitCode": 0, "signal": None}

    def cancelled(*_):
        ended.update(exitCode=None, signal="SIGTERM")
        finish(order, started, ended, report=False)
        os._exit(143)

    signal.signal(signal.SIGTERM, cancelled)
    run(options)
    ended["exitCode"] = int(options.get("exit", "0"))
    finish(order, started, ended, report=order["report"])
    sys.exit(ended["exitCode"])


def run(options):
    """Print numbered lines, each after a letter in `MARK.begun`; a kill in between is the only way to lose one."""
    mark, number = options.get("mark"), int(options.get("number", "0"))
    begun = os.open(mark + ".begun", os.O_CREAT | os.O_WRONLY | os.O_APPEND) if mark else None
    if mark:
        with open(mark + ".starts", "a") as starts:
            starts.write("%d\n" % os.getpid())
    for index in range(int(options.get("lines", "0"))):
        if begun is not None:
            os.write(begun, b".")
        line = line_of(number, index)
        # Two writes, between which a character may be cut.
        os.write(1 + index % 2, line[:10])
        os.write(1 + index % 2, line[10:])
        time.sleep(float(options.get("pause", "0")))
        if options.get("kill") == str(index):
            os.kill(os.getpid(), signal.SIGKILL)
    if "wait" in options:
        while not os.path.exists(options["wait"]):
            time.sleep(0.02)


def line_of(number, index):
    """As `stubOutput` of the tests has it: every byte is known."""
    length = (index * 7919 + number * 104729) % 700
    return ("line %03d " % index + "ä€𝄞"[index % 3] * length + "\n").encode()


def finish(order, started, ended, report):
    """Leave the report and the result in the bucket."""
    if report:
        upload(order["folder"] + "/performance-report.html", b"<html>report</html>", "text/html")
    result = {
        "version": 1,
        "id": order["id"],
        **ended,
        "startedAt": stamp(started),
        "endedAt": stamp(time.time()),
        "error": None,
        "report": "performance-report.html" if report else None,
        "leftOver": 0,
        "codeFolder": os.getcwd(),
    }
    upload(order["folder"] + "/result.json", json.dumps(result).encode(), "application/json")


def stamp(seconds):
    """RFC 3339."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def media(uri):
    """Content of an object."""
    bucket, _, name = uri[len("gs://") :].partition("/")
    return call("/storage/v1/b/%s/o/%s?alt=media" % (bucket, urllib.parse.quote(name, safe="")))


def upload(uri, content, kind):
    """Make an object."""
    bucket, _, name = uri[len("gs://") :].partition("/")
    query = urllib.parse.urlencode({"uploadType": "media", "name": name})
    call("/upload/storage/v1/b/%s/o?%s" % (bucket, query), content, kind)


def call(path, content=None, kind="text/plain"):
    """One call, made again as a client library does."""
    for pause in [0.05 * 1.5**tries for tries in range(14)] + [None]:
        try:
            headers = {"Authorization": "Bearer " + token(), "Content-Type": kind}
            request = urllib.request.Request(ENDPOINT + path, data=content, headers=headers)
            return urllib.request.urlopen(request, timeout=30).read()
        except (OSError, http.client.HTTPException) as error:
            if pause is None or getattr(error, "code", 503) < 500:
                raise
            time.sleep(pause)


def token():
    """Of the machine's account."""
    url = "http://%s/computeMetadata/v1/instance/service-accounts/default/token" % os.environ["GCE_METADATA_HOST"]
    request = urllib.request.Request(url, headers={"Metadata-Flavor": "Google"})
    return json.loads(urllib.request.urlopen(request).read())["access_token"]
