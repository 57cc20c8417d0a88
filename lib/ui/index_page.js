// Runs before Streamlit's own scripts, in each page that a browser opens. See index_page.py.
(() => {
  const base = new URL("./", location.href);

  // Without this, Streamlit looks for its server below the page's path first, and gets two 404s.
  window.__streamlit ??= { BACKEND_BASE_URL: base.href };

  // Streamlit's menu links to pages without the address's parameters. A click there keeps them all
  // the same; a new tab and a copied link do not, and would be somebody new.
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

  // What other pages need is fetched once this one is there, so that nobody waits for it later.
  const later = JSON.parse(document.getElementById("later").textContent);
  const isIdle = () =>
    document.querySelector("[data-testid=stApp][data-test-script-state=notRunning] button") !== null &&
    document.fonts.status === "loaded";
  const fetchLater = async () => {
    for (const path of later) {
      await fetch(new URL(path, base), { priority: "low" }).then((answer) => answer.blob());
    }
  };
  const timer = setInterval(() => {
    if (!isIdle()) return;
    clearInterval(timer);
    if (!navigator.connection?.saveData) fetchLater().catch(() => {}); // then the page fetches it
  }, 500);
})();
