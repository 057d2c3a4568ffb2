// Behaviour of the pages: theme, and a warning when what is shown may be out of date.
(function () {
  "use strict";
  var STALE_AFTER_MS = 90000;
  var root = document.documentElement;
  var lastHeard = Date.now();

  function stored() {
    try { return localStorage.getItem("photopeak-theme"); } catch (error) { return null; }
  }
  var chosen = stored();
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;

  function isDark() {
    if (root.dataset.theme) return root.dataset.theme === "dark";
    return matchMedia("(prefers-color-scheme: dark)").matches;
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-action]");
    if (!button) return;
    if (button.dataset.action === "theme") {
      root.dataset.theme = isDark() ? "light" : "dark";
      try { localStorage.setItem("photopeak-theme", root.dataset.theme); } catch (error) { return; }
    } else if (button.dataset.action === "print") {
      window.print();
    }
  });

  document.addEventListener("change", function (event) {
    var form = event.target.closest("form[data-apply]");
    if (form && event.target.tagName === "SELECT") form.requestSubmit();
  });

  // Paper cannot be unfolded: everything is open while it is printed.
  var folded = [];
  window.addEventListener("beforeprint", function () {
    folded = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
    folded.forEach(function (fold) { fold.open = true; });
  });
  window.addEventListener("afterprint", function () {
    folded.forEach(function (fold) { fold.open = false; });
    folded = [];
  });

  // What renews itself keeps the choices that a person made in it.
  document.addEventListener("change", function (event) {
    if (!event.target.matches("[data-keep]")) return;
    try { sessionStorage.setItem("photopeak-" + event.target.id, event.target.checked ? "1" : ""); } catch (error) { return; }
  });
  function restore() {
    document.querySelectorAll("[data-keep]").forEach(function (box) {
      try { box.checked = sessionStorage.getItem("photopeak-" + box.id) === "1"; } catch (error) { return; }
    });
  }
  document.addEventListener("DOMContentLoaded", restore);
  document.addEventListener("htmx:afterSwap", restore);

  // A page that polls says so; one that does not is a document with its time written on it.
  document.addEventListener("htmx:afterRequest", function (event) {
    var status = event.detail.xhr ? event.detail.xhr.status : 0;
    if (status >= 200 && status < 400) { lastHeard = Date.now(); judge(); }
  });
  document.addEventListener("htmx:configRequest", function (event) {
    var etag = event.detail.elt.dataset.etag;
    if (etag) event.detail.headers["If-None-Match"] = etag;
  });

  function judge() {
    var banner = document.getElementById("stale");
    var live = document.querySelector("[data-live]");
    if (!banner || !live) return;
    var old = Date.now() - lastHeard > STALE_AFTER_MS;
    if (old && banner.hidden && live.dataset.stale) {
      var heard = new Date(lastHeard).toLocaleString(root.lang === "en" ? "en-GB" : root.lang);
      banner.textContent = live.dataset.stale.replace("{time}", heard);
    }
    banner.hidden = !old;
    document.body.classList.toggle("is-stale", old);
  }
  setInterval(judge, 1000);
  document.addEventListener("visibilitychange", judge);
})();
