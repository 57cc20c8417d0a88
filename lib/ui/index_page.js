// Runs before Streamlit's own scripts, in each page that a browser opens. See index_page.py.
(() => {
  const base = new URL("./", location.href);

  // Without this, Streamlit looks for its server below the page's path first, and gets two 404s.
  window.__streamlit ??= { BACKEND_BASE_URL: base.href };

  // Streamlit's menu links to pages without the address's parameters. A click there keeps them
  // anyway; a new tab and a copied link would lose them, and be somebody new.
  const KEPT = ["user", "sandbox", "mode", "profile"];
  const known = new WeakMap(); // a link -> its own address, and the one that was made of it

  const isPage = (url) =>
    url.origin === location.origin &&
    url.pathname.startsWith(base.pathname) &&
    !/[./]/.test(url.pathname.slice(base.pathname.length)) &&
    !KEPT.slice(0, 2).some((name) => url.searchParams.has(name));

  const keepPerson = ({ target }) => {
    const link = target instanceof Element ? target.closest("a[href]") : null;
    if (link === null) return;
    const [own, made] = known.get(link) ?? [];
    const url = new URL(link.href === made ? own : link.href);
    if (!isPage(url)) return;
    const before = url.href;
    const here = new URLSearchParams(location.search);
    for (const name of KEPT.filter((name) => here.has(name))) {
      url.searchParams.set(name, here.get(name));
    }
    link.href = url.href;
    known.set(link, [before, url.href]);
  };
  for (const kind of ["pointerdown", "contextmenu", "focusin", "dragstart"]) {
    addEventListener(kind, keepPerson, { capture: true, passive: true });
  }

  // On a phone, the sidebar covers the page: it closes once somebody has chosen something there.
  const CHOICES =
    "a[href], :is(.st-key-new_user, .st-key-start_over, .st-key-back_to_snowplow) button," +
    "[class*=st-key-persona_] button";
  const SIDEBAR = "[data-testid=stSidebar]";
  const closeSidebar = () => {
    if (innerWidth > 768) return;
    const close = document.querySelector(`${SIDEBAR} [data-testid=stSidebarCollapseButton] button`);
    setTimeout(() => close?.click()); // after Streamlit has dealt with the click
  };
  const isIn = (target, selector) => target instanceof Element && target.closest(selector) !== null;
  addEventListener("click", ({ target }) => {
    const isChoice = isIn(target, SIDEBAR) && isIn(target, CHOICES);
    // Streamlit draws the form for a room's code elsewhere: it is a popover.
    if (isChoice || isIn(target, ".st-key-join_room button")) closeSidebar();
  });
  addEventListener("keydown", ({ key, target }) => {
    if (key === "Enter" && isIn(target, ".st-key-room_code")) closeSidebar();
  });

  // Streamlit merges clicks that come before it runs. So keys that are pressed then wait until the
  // previous one's run is over, or until it is clear that there is none.
  const KEYS = ["t", "n", "p", "PageUp", "PageDown"];
  const NOTICED_MS = 80;
  const NO_RUN_MS = 3000;
  const WAITING_AT_MOST = 20;
  const STATE = "data-test-script-state";
  let waiting = [];
  let pressed = -Infinity;
  let hasRun = true;
  new MutationObserver((changes) => {
    hasRun ||= changes.some(({ target }) => target.getAttribute(STATE) === "running");
  }).observe(document, { subtree: true, attributes: true, attributeFilter: [STATE] });
  const isFree = () => {
    const since = performance.now() - pressed;
    const isOver = hasRun ? since > NOTICED_MS : since > NO_RUN_MS;
    return isOver && document.querySelector(`[data-testid=stApp][${STATE}=notRunning]`) !== null;
  };
  const passOn = () => {
    pressed = performance.now();
    hasRun = false;
  };
  const isTyping = (target) => isIn(target, "input, textarea, [contenteditable=true]");
  addEventListener(
    "keydown",
    (event) => {
      const isShortcut = KEYS.includes(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (!event.isTrusted || event.repeat || !isShortcut || isTyping(event.target)) return;
      if (waiting.length === 0 && isFree()) {
        passOn();
        return;
      }
      event.stopImmediatePropagation();
      event.preventDefault();
      if (waiting.length < WAITING_AT_MOST) waiting.push(event);
    },
    { capture: true },
  );
  setInterval(() => {
    if (waiting.length === 0 || !isFree()) return;
    passOn();
    const { key, code, keyCode } = waiting.shift();
    const again = { key, code, keyCode, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new KeyboardEvent("keydown", again));
    document.body.dispatchEvent(new KeyboardEvent("keyup", again));
  }, 20);

  // Type is larger in a presentation: while the address says that this is one, or the story plays.
  // When the story turns a page, its caption may be gone for a moment.
  const STAGE_KEPT_MS = 1000;
  let wasOnStage = -Infinity;
  setInterval(() => {
    const isAsked = new URLSearchParams(location.search).get("mode") === "presentation";
    const now = performance.now();
    if (isAsked || document.querySelector(".st-key-autoplay") !== null) wasOnStage = now;
    document.documentElement.classList.toggle("on-stage", now - wasOnStage < STAGE_KEPT_MS);
  }, 250);

  // The text's font is requested when Streamlit's scripts have run, just before there is any text.
  addEventListener("DOMContentLoaded", () => document.fonts.load('1em "Source Sans"'));

  // What other pages need is fetched once this one is there, so that nobody waits for it later.
  const { icons, scripts } = JSON.parse(document.getElementById("later").textContent);
  const isIdle = () =>
    document.querySelector("[data-testid=stApp][data-test-script-state=notRunning] button") !== null &&
    document.fonts.status === "loaded";
  const fetchLater = async () => {
    const rest = scripts.values();
    const fetchRest = async () => {
      for (const path of rest) {
        const href = new URL(path, base).href;
        await fetch(href, { priority: "low" }).then((answer) => answer.blob());
        // It is read now, from the browser's cache, and not when somebody waits for it.
        document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
      }
    };
    await Promise.all([fetchRest(), fetchRest(), fetchRest()]); // not one answer after the other
    await document.fonts.load('1em "Source Code Pro"'); // else the first code fills a slow line
    const whole = new FontFace("Material Symbols Rounded", `url("${new URL(icons, base)}")`);
    document.fonts.add(await whole.load()); // it takes the place of the small one, see first_icons.py
    await document.fonts.load('italic 1em "Source Sans"');
  };
  const timer = setInterval(() => {
    if (!isIdle()) return;
    clearInterval(timer);
    if (!navigator.connection?.saveData) fetchLater().catch(() => {}); // then the page fetches it
  }, 500);
})();
