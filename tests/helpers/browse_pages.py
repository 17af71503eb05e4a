#!/usr/bin/env python3
"""Look at the pages of drydock page in a real browser, Chromium without a screen, as people do.

  browse_pages.py URL FOLDER [AXE]      the root that page_images.py's gallery and hostile are staged in, and
                                        many/app with many tags; served at URL
  browse_pages.py --picture URL FILE    the picture of README

Screenshots go to FOLDER. AXE is the script of axe-core (axe.min.js). Prints "ok WHAT" or "not ok WHAT: WHY" for each
thing that was looked at, and "# TEXT" for what was measured. The browser is driven through chromedriver (W3C
WebDriver), and what that cannot do by DevTools' commands.
"""
import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

WIDTHS = {"phone": (390, 844, True), "desktop": (1280, 900, False)}
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c", "ArrowDown": "\ue015", "ArrowUp": "\ue013"}
OTHER_HOST = "images.example.org"  # leads to this machine, and is no secure context: http without TLS


class Browser:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="browser-")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.log = open(os.path.join(self.folder.name, "log"), "wb")
        self.process = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=self.log, stderr=self.log)
        self.url = f"http://127.0.0.1:{port}"
        self._await_ready()
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     f"--user-data-dir={self.folder.name}/profile", f"--host-resolver-rules=MAP {OTHER_HOST} 127.0.0.1"]
        session = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.url += "/session/" + session["sessionId"]

    def _await_ready(self):
        for _ in range(600):
            try:
                if self._ask("GET", "/status")["ready"]:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise SystemExit("chromedriver does not start")

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read()[:600]!r}") from None

    def command(self, name, **parameters):
        return self._ask("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def evaluate(self, expression):
        """The value of JavaScript, as DevTools' console has it: the page's policy does not bind it."""
        answer = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:600])
        return answer["result"].get("value")

    def open(self, url):
        self._ask("POST", "/url", {"url": "about:blank"})
        self._ask("POST", "/url", {"url": url})

    def keys(self, *keys):
        actions = []
        for key in keys:
            for letter in [KEYS[key]] if key in KEYS else key:
                actions += [{"type": "keyDown", "value": letter}, {"type": "keyUp", "value": letter}]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def click(self, selector):
        element = self._ask("POST", "/element", {"using": "css selector", "value": selector})
        self._ask("POST", f"/element/{list(element.values())[0]}/click", {})

    def console(self):
        return [entry["message"] for entry in self._ask("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, path=None):
        """What is seen now, as base64 of a PNG; also into a file."""
        shot = self._ask("GET", "/screenshot")
        if path:
            with open(path, "wb") as file:
                file.write(base64.b64decode(shot))
        return shot

    def look(self, width, scheme):
        wide, high, phone = WIDTHS[width]
        self.command("Emulation.setDeviceMetricsOverride", width=wide, height=high, mobile=phone,
                     deviceScaleFactor=1)
        self.command("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": scheme}])

    def close(self):
        try:
            self._ask("DELETE", "")
        except (OSError, RuntimeError):
            pass
        self.process.terminate()
        self.process.wait()
        self.log.close()


def check(what, holds, why=""):
    print(f"ok {what}" if holds else f"not ok {what}: {why}", flush=True)


ROWS = "Array.from(document.querySelectorAll('#list li')).filter(row => row.offsetParent !== null)"
FOCUS = "document.activeElement.id || document.activeElement.textContent"


def appearance(browser, url, folder, axe):
    pages = {"index": "/index.html", "repository": "/page/shop/web/_index.html",
             "hostile": "/page/hostile/page/_index.html", "many": "/page/many/app/_index.html"}
    for name, path in pages.items():
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                what = f"{name} {width} {scheme}"
                browser.look(width, scheme)
                browser.open(url + path)
                browser.screenshot(f"{folder}/{name}-{width}-{scheme}.png")
                if name != "many":
                    browser.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
                over = browser.evaluate("document.documentElement.scrollWidth - innerWidth")
                check(f"{what}: nothing is wider than the screen", over <= 0, f"{over} pixels")
                light = browser.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g)"
                                         ".reduce((sum, part) => sum + +part, 0)")
                check(f"{what}: the colours", (light > 600) == (scheme == "light"), light)
                loaded = browser.evaluate("performance.getEntriesByType('resource').length")
                check(f"{what}: nothing else is loaded", loaded == 0, loaded)
                if axe and name != "many":
                    browser.evaluate(axe)
                    found = browser.evaluate("axe.run().then(r => r.violations.map(v => v.id + ' ' + "
                                             "v.nodes.slice(0, 3).map(n => n.html)).join('; '))")
                    check(f"{what}: axe finds nothing", found == "", found)
                check(f"{what}: the console is empty", not (said := browser.console()), said)
                if name == "hostile":
                    ran = browser.evaluate("String(window.hostile)")
                    check(f"{what}: nothing of the image's making ran", ran == "undefined", ran)


def searching(browser, url, folder):
    browser.look("desktop", "light")
    browser.open(url + "/")
    rows = browser.evaluate(ROWS + ".length")
    browser.click("#search")
    browser.keys("worker")
    shown = browser.evaluate(ROWS + ".map(row => row.querySelector('a').textContent)")
    check("a word typed leaves what has it", shown == ["shop/worker"], shown)
    said = browser.evaluate("document.getElementById('found').textContent")
    check("and says how much that is", said == f"1 of {rows}", said)
    browser.screenshot(f"{folder}/search.png")
    browser.keys(" ARM64")
    check("two words are both meant, in any case", browser.evaluate(ROWS + ".length") == 1)
    browser.keys("none")
    check("what nothing has leaves nothing", browser.evaluate(ROWS + ".length") == 0)
    browser.keys("Escape")
    check("Escape shows all again", browser.evaluate(ROWS + ".length") == rows)
    browser.open(url + "/page/many/app/_index.html")
    browser.click("#search")
    browser.keys("77")
    shown = browser.evaluate(ROWS + ".length")
    check("many tags are searched", shown > 10, shown)


def keyboard(browser, url):
    browser.open(url + "/")
    browser.keys("Tab")
    check("Tab goes first to what skips the rest", browser.evaluate(FOCUS) == "Skip to the content")
    browser.keys("Tab")
    check("then to the search", browser.evaluate(FOCUS) == "search", browser.evaluate(FOCUS))
    browser.keys("Tab")
    first = browser.evaluate(ROWS + "[0].querySelector('a').textContent")
    check("then to the first row", browser.evaluate(FOCUS) == first, browser.evaluate(FOCUS))
    browser.keys("/", "web", "ArrowDown")
    check("/ searches, an arrow goes down", browser.evaluate(FOCUS) == "shop/web", browser.evaluate(FOCUS))
    browser.keys("Enter")
    for _ in range(50):
        if browser.evaluate("location.pathname") != "/":
            break
        time.sleep(0.1)
    check("Enter follows", browser.evaluate("location.pathname") == "/page/shop/web/_index.html")
    browser.keys("/", "ArrowDown", "ArrowDown", "ArrowUp")
    focus = browser.evaluate(FOCUS)
    check("arrows go from row to row", focus == browser.evaluate(ROWS + "[0].querySelector('a').textContent"), focus)
    outline = browser.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    check("what is focused is seen", outline not in ("0px", ""), outline)
    browser.keys("Enter")
    check("a tag leads to its image", browser.evaluate("document.querySelector(':target .tag').textContent") == "1.4.1")
    browser.evaluate("document.querySelector('summary').focus()")
    browser.keys("Enter")
    check("details open", browser.evaluate("document.querySelector('details').open") is True)


def copying(browser, url, host):
    browser.command("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    browser.open(url + "/page/shop/web/_index.html")
    browser.evaluate("document.querySelector('.cmd button').focus()")
    browser.keys("Enter")
    time.sleep(0.3)
    copied = browser.evaluate("navigator.clipboard.readText()")
    check("a copy button copies the command, with the page's own host",
          copied == f"docker pull {host}/shop/web:1.4.1", copied)
    said = browser.evaluate("document.getElementById('said').textContent")
    check("and says so", said == f"Copied: {copied}", said)
    browser.open(url.replace("127.0.0.1", OTHER_HOST) + "/page/shop/web/_index.html")
    check("without TLS there is no clipboard", browser.evaluate("isSecureContext") is False)
    browser.click(".cmd:nth-of-type(2) button")
    time.sleep(0.3)
    said = browser.evaluate("document.getElementById('said').textContent")
    host = host.replace("127.0.0.1", OTHER_HOST)
    check("and copying works all the same", said == f"Copied: podman pull {host}/shop/web:1.4.1", said)
    check("the console is empty", not (told := browser.console()), told)


def without_script(browser, url):
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(url + "/page/shop/web/_index.html")
    check("without the script all rows are there", browser.evaluate(ROWS + ".length") == 4)
    check("no search is offered", browser.evaluate("document.querySelector('.search').offsetParent === null") is True)
    check("nor buttons", browser.evaluate("document.querySelectorAll('button').length") == 0)
    text = browser.evaluate("document.querySelector('.cmd').textContent")
    check("the commands are there", text == "docker pull REGISTRY/shop/web:1.4.1", text)
    browser.command("Emulation.setScriptExecutionDisabled", value=False)


def for_a_screen_reader(browser, url):
    browser.open(url + "/page/shop/web/_index.html")
    nodes = browser.command("Accessibility.getFullAXTree")["nodes"]
    seen = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")]
    for role, name in (("main", ""), ("navigation", "Catalogue"), ("heading", "shop/web"), ("heading", "Tags"),
                       ("searchbox", "Search tags, platforms and digests"), ("list", "Tags"), ("link", "1.4.1"),
                       ("button", "Copy: docker pull"), ("region", "1.4.1 latest")):
        check(f"a screen reader finds the {role} {name}",
              any(r == role and n.startswith(name) for r, n in seen), [s for s in seen if s[0] == role][:6])


def speed(browser, url):
    """What a page costs the thread that parses and lays out: its processor time, not that of the clock."""
    browser.command("Performance.enable", timeDomain="threadTicks")
    for name, path in (("index", "/index.html"), ("many", "/page/many/app/_index.html")):
        browser.open(url + path)
        browser.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
        metrics = {m["name"]: m["value"] for m in browser.command("Performance.getMetrics")["metrics"]}
        print(f"# {name}: {1000 * metrics['ThreadTime']:.0f} ms of processor time, {metrics['Nodes']:.0f} nodes")
        check(f"{name} opens within a second of processor time", metrics["ThreadTime"] < 1, metrics["ThreadTime"])


def picture(browser, url, path):
    shots = []
    for width, scheme, size in (("desktop", "light", (860, 620)), ("phone", "dark", (340, 620))):
        browser.look(width, scheme)
        browser.command("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1,
                        mobile=width == "phone")
        browser.open(url + "/page/shop/web/_index.html")
        browser.evaluate("document.querySelectorAll('.image details').forEach((d, i) => { d.open = i < 2; })")
        if width == "phone":
            browser.evaluate("document.querySelector('.layers').parentNode.scrollIntoView()")
        shots.append(browser.screenshot())
    browser.command("Emulation.setDeviceMetricsOverride", width=1252, height=640, deviceScaleFactor=1, mobile=False)
    images = "".join(f"<img src='data:image/png;base64,{shot}' style='border:1px solid #888;border-radius:8px'>"
                     for shot in shots)
    page = f"<body style='margin:8px;background:#d6dbe1;display:flex;gap:20px'>{images}"
    browser.open("data:text/html;base64," + base64.b64encode(page.encode()).decode())
    time.sleep(0.5)
    browser.screenshot(path)


def main():
    browser = Browser()
    try:
        if sys.argv[1] == "--picture":
            picture(browser, sys.argv[2], sys.argv[3])
            return
        url, folder = sys.argv[1:3]
        axe = None
        if len(sys.argv) > 3:
            with open(sys.argv[3], encoding="utf-8") as file:
                axe = file.read()
        appearance(browser, url, folder, axe)
        searching(browser, url, folder)
        keyboard(browser, url)
        copying(browser, url, urllib.parse.urlsplit(url).netloc)
        without_script(browser, url)
        for_a_screen_reader(browser, url)
        speed(browser, url)
    finally:
        browser.close()


if __name__ == "__main__":
    main()
