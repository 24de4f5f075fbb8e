"""Opens report pages in headless Chromium: no console message, no request, no overflow, plots.

usage: browser.py [--shots DIR] PAGE.html…

Speaks the DevTools protocol over a pipe, so that it needs nothing beyond Python. Each page is
opened at the sizes of a desktop and a phone, light and dark, without a network where the system
lets us make one (unshare -n). Exit 0: all well; 1: a page is at fault; 77: no Chromium.
"""

import base64
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

VIEWS = [
    ("desktop-light", 1280, 900, False, "light"),
    ("desktop-dark", 1280, 900, False, "dark"),
    ("phone-light", 390, 844, True, "light"),
    ("phone-dark", 390, 844, True, "dark"),
]
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "chrome"]


class Browser:
    """One Chromium, spoken to through file descriptors 3 and 4."""

    def __init__(self, program, profile):
        command = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
            "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-dev-shm-usage", f"--user-data-dir={profile}",
        ]
        if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode == 0:
            command = ["unshare", "-n"] + command
        to_read, self.to = os.pipe()
        self.back, back_write = os.pipe()
        inner, outer = 30, 31
        os.dup2(to_read, inner)
        os.dup2(back_write, outer)
        shell = ["bash", "-c", f'exec 3<&{inner} 4>&{outer} "$@"', "browser"] + command
        self.process = subprocess.Popen(
            shell, pass_fds=(inner, outer), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for number in (to_read, back_write, inner, outer):
            os.close(number)
        self.buffer = b""
        self.number = 0
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = None
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]

    def receive(self):
        while b"\0" not in self.buffer:
            part = os.read(self.back, 1 << 20)
            if not part:
                raise SystemExit("the browser has gone")
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.receive())

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    def shot(self, **clip):
        options = {"format": "png", "captureBeyondViewport": True}
        if clip:
            options["clip"] = dict(clip, scale=1)
        return base64.b64decode(self.call("Page.captureScreenshot", **options)["data"])

    def close(self):
        self.process.kill()
        self.process.wait()


def pixels(png):
    """The rows of an 8-bit PNG as bytes, and how many bytes a pixel has."""
    position, data = 8, b""
    while position < len(png):
        size, kind = struct.unpack(">I4s", png[position:position + 8])
        body = png[position + 8:position + 8 + size]
        if kind == b"IHDR":
            width, height, depth, color = struct.unpack(">IIBB", body[:10])
            assert depth == 8, depth
            step = {2: 3, 6: 4}[color]
        if kind == b"IDAT":
            data += body
        position += size + 12
    data = zlib.decompress(data)
    length = width * step
    last, rows = bytearray(length), []
    for row in range(height):
        start = row * (length + 1)
        method, line = data[start], bytearray(data[start + 1:start + 1 + length])
        for i in range(length):
            left = line[i - step] if i >= step else 0
            up, corner = last[i], last[i - step] if i >= step else 0
            if method == 1:
                add = left
            elif method == 2:
                add = up
            elif method == 3:
                add = (left + up) // 2
            elif method == 4:
                guess = left + up - corner
                near = [abs(guess - left), abs(guess - up), abs(guess - corner)]
                add = (left, up, corner)[near.index(min(near))]
            else:
                break
            line[i] = (line[i] + add) & 255
        rows.append(line)
        last = line
    return rows, step


def colored(png):
    """Pixels that are no shade of grey: lines and marks, not axes and text."""
    rows, step = pixels(png)
    count = 0
    for line in rows:
        for i in range(0, len(line), step):
            if max(line[i:i + 3]) - min(line[i:i + 3]) > 60:
                count += 1
    return count


BOXES = """[...document.querySelectorAll('figure > svg')].map(s => {
  const b = s.getBoundingClientRect();
  return {title: s.querySelector('title').textContent, x: b.x + scrollX, y: b.y + scrollY,
    width: b.width, height: b.height};
})"""
TEXTS = """[...document.querySelectorAll('figure > svg')].flatMap(s => {
  const box = s.getBoundingClientRect();
  return [...s.querySelectorAll('text')].filter(t => {
    const b = t.getBoundingClientRect();
    return b.width && (b.left < box.left - 2 || b.right > box.right + 2
      || b.top < box.top - 2 || b.bottom > box.bottom + 2);
  }).map(t => s.querySelector('title').textContent + ': ' + t.textContent);
})"""
OVERLAPS = """[...document.querySelectorAll('figure > svg')].flatMap(s => {
  const all = [...s.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
  const bad = [];
  all.forEach(([a, p], i) => all.slice(i + 1).forEach(([b, q]) => {
    if (p.left < q.right - 1 && q.left < p.right - 1
      && p.top < q.bottom - 3 && q.top < p.bottom - 3)
      bad.push(s.querySelector('title').textContent + ': "' + a + '" on "' + b + '"');
  }));
  return bad;
})"""
SMALLEST = """Math.min(99, ...[...document.querySelectorAll('figure > svg text')]
  .map(t => t.getBoundingClientRect()).filter(b => b.width > b.height).map(b => b.height))"""


def faults_of(browser, page, view, shots):
    """Opens one page in one view; answers what is wrong with it."""
    name, width, height, is_phone, scheme = view
    browser.events = []
    browser.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
        mobile=is_phone)
    browser.call(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    address = "file://" + os.path.abspath(page)
    browser.call("Page.navigate", url=address)
    browser.wait("Page.loadEventFired")
    faults = []
    boxes = browser.evaluate(BOXES)
    if not boxes:
        faults.append("no plot")
    if shots:
        total = browser.evaluate("document.documentElement.scrollHeight")
        stem = os.path.splitext(os.path.basename(page))[0]
        with open(f"{shots}/{stem}-{name}.png", "wb") as file:
            file.write(browser.shot(x=0, y=0, width=width, height=total))
    wide = browser.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        faults.append(f"{wide} pixels wide")
    faults += [f"text outside of its plot: {text}" for text in browser.evaluate(TEXTS)]
    faults += [f"text on text: {text}" for text in browser.evaluate(OVERLAPS)]
    smallest = browser.evaluate(SMALLEST)
    if smallest < 9:
        faults.append(f"text {smallest} pixels high")
    ground = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(int(part) for part in ground.strip("rgb()").split(",")[:3])
    if (lightness < 380) != (scheme == "dark"):
        faults.append(f"background {ground} in {scheme}")
    for box in boxes:
        title = box.pop("title")
        if not is_phone and scheme == "dark":
            continue
        count = colored(browser.shot(**box))
        if count < 60:
            faults.append(f"{title}: {count} coloured pixels")
    for event in browser.events:
        method, given = event.get("method"), event.get("params", {})
        if method == "Runtime.consoleAPICalled" or method == "Runtime.exceptionThrown":
            faults.append(f"console: {json.dumps(given)[:200]}")
        if method == "Log.entryAdded":
            faults.append(f"log: {given['entry'].get('text')}")
        if method == "Network.requestWillBeSent":
            asked = given["request"]["url"]
            if asked != address and not asked.startswith("data:"):
                faults.append(f"request: {asked}")
    return [f"{page}, {name}: {fault}" for fault in faults], len(boxes)


def main(arguments):
    shots = None
    if arguments[:1] == ["--shots"]:
        shots, arguments = arguments[1], arguments[2:]
        os.makedirs(shots, exist_ok=True)
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not program:
        print("report in a browser: skipped, there is no Chromium (apt-get install chromium)")
        return 77
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            for room in ["Page", "Runtime", "Log", "Network"]:
                browser.call(f"{room}.enable")
            faults, seen = [], 0
            for page in arguments:
                for view in VIEWS:
                    found, plots = faults_of(browser, page, view, shots)
                    faults += found
                    seen += plots
        finally:
            browser.close()
    for fault in faults:
        print(fault)
    if not faults:
        print(f"report in a browser: {len(arguments)} pages, {seen} plots in {len(VIEWS)} views, "
              "no message, no request")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
