# SPDX-FileCopyrightText: 2026 The pleio-node authors
# SPDX-License-Identifier: EUPL-1.2
"""What the two Python clients share: their environment, the line for each step, and waiting. README.md says what it means."""
import json
import os
import sys
import time

OOB = "urn:ietf:wg:oauth:2.0:oob"
PICTURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "picture.png")
ALT = "Een plein met bomen"


def setting(name):
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set; README.md says what the clients need")
    return value


def done(step, **fields):
    print(json.dumps({"step": step, **fields}), flush=True)


def fail(step, what):
    sys.exit(f"{step}: {what}")


def wait(step, what, find):
    """Asks until find() gives something; what says in words what is waited for."""
    seconds = float(os.environ.get("SECONDS", "20"))
    until = time.monotonic() + seconds
    while True:
        found = find()
        if found:
            return found
        if time.monotonic() > until:
            fail(step, f"{what} did not come in {seconds:g} s")
        time.sleep(0.3)
