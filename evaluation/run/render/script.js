// Without this script every page can still be read: tabs stand below each other and the menu is open.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");

  for (const button of document.querySelectorAll("button.toggle")) {
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!open));
    });
  }

  for (const set of document.querySelectorAll(".tabset")) {
    const list = set.querySelector("[role=tablist]");
    const tabs = [...list.querySelectorAll("[role=tab]")];
    const show = (chosen, focus) => {
      for (const tab of tabs) {
        const on = tab === chosen;
        tab.setAttribute("aria-selected", String(on));
        tab.tabIndex = on ? 0 : -1;
        document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
      }
      if (focus) chosen.focus();
    };
    list.hidden = false;
    show(tabs[0], false);
    for (const tab of tabs) tab.addEventListener("click", () => show(tab, false));
    list.addEventListener("keydown", (event) => {
      const at = tabs.indexOf(document.activeElement);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      show(tabs[(to + tabs.length) % tabs.length], true);
    });
  }

  // a link into something folded opens it
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let el = target; el; el = el.parentElement) if (el.tagName === "DETAILS") el.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // on a small screen the contents of the page start folded
  const toc = document.querySelector(".toc details");
  if (toc && matchMedia("(max-width: 75rem)").matches) toc.open = false;

  // everything that is folded is printed
  const folded = [];
  addEventListener("beforeprint", () => {
    for (const el of document.querySelectorAll("main details:not([open])")) { folded.push(el); el.open = true; }
  });
  addEventListener("afterprint", () => { while (folded.length) folded.pop().open = false; });
})();
