// Keys of all pages: j k move along a list, letters act on the line or the page, g and a letter lead
// somewhere, ? tells of all of them. A switch turns them off. A field that is written in keeps its keys.
(function () {
  "use strict";
  var PLACES = { b: "/", t: "/trends", i: "/inbox" };
  var SECOND_MS = 1500;
  var went = -Infinity;
  function off() {
    try { return localStorage.getItem("photopeak-keys") === "off"; } catch (error) { return false; }
  }
  function rows() { return Array.prototype.slice.call(document.querySelectorAll("main a.row, main a.tile")); }
  function row() { return document.activeElement && document.activeElement.matches("main a.row") ? document.activeElement : null; }
  function move(step) {
    var all = rows();
    if (!all.length) return false;
    var here = all.indexOf(document.activeElement);
    var next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
    all[next].focus();
    return true;
  }
  function go(address) { location.assign(address); return true; }
  // What a key acts on: the line in hand if it is of that kind, else the part of the page that asks for it.
  function act(key, kind, part, there) {
    var chosen = row();
    if (chosen && chosen.pathname.indexOf(kind) === 0) return go(chosen.pathname + there);
    var target = document.querySelector("[data-key-target='" + key + "']") || document.querySelector(part);
    if (!target) return false;
    var fold = target.closest("details");
    if (fold) fold.open = true;
    target.scrollIntoView({ block: "center" });
    if (target.matches("textarea, input")) target.focus();
    return true;
  }
  function follow(key) {
    var link = document.querySelector("a[data-key='" + key + "']");
    if (!link) return false;
    link.click();
    return true;
  }
  function acknowledge() {
    if (act("a", "/alerts/", "#acknowledge", "#acknowledge")) return true;
    var first = document.querySelector("main .attention a[href^='/alerts/']");
    return !!first && go(first.pathname + "#acknowledge");
  }
  function exclude() {
    var line = document.activeElement && document.activeElement.closest("tr[data-result]");
    var link = line && line.querySelector("a[href^='/trends/point']");
    return !!link && go(link.href);
  }
  function search() {
    var field = document.querySelector("main [role=search] input:not([type=hidden]), main [role=search] select");
    if (!field) return false;
    field.focus();
    return true;
  }
  function help() {
    var dialog = document.getElementById("keys-help");
    if (!dialog || dialog.open) return false;
    dialog.showModal();
    return true;
  }
  function done(key, second) {
    if (second && PLACES[key]) return go(PLACES[key]);
    switch (key) {
      case "g": went = Date.now(); return true;
      case "j": return move(1);
      case "k": return move(-1);
      case "r": return act("r", "/results/", "#review", "");
      case "a": return acknowledge();
      case "e": return exclude();
      case "/": return search();
      case "?": return help();
      case "[": case "]": case "n": return follow(key);
      default: return false;
    }
  }
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || off()) return;
    // A dialog that was just closed may hold the focus for a moment more.
    if (event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable], dialog[open]")) return;
    var second = Date.now() - went < SECOND_MS;
    if (event.key !== "Shift") went = -Infinity;
    if (done(event.key, second)) event.preventDefault();
  });
  document.addEventListener("change", function (event) {
    var action = event.target.dataset.action;
    if (action === "choose-all") {
      document.querySelectorAll("#review-queue td input[type=checkbox]").forEach(function (box) {
        box.checked = event.target.checked;
      });
    } else if (action === "keys") {
      try { localStorage.setItem("photopeak-keys", event.target.checked ? "on" : "off"); } catch (error) { return; }
      show();
    }
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-action=keys-help]")) help();
    if (event.target.closest("[data-action=keys-close]")) document.getElementById("keys-help").close();
  });
  function show() {
    document.querySelectorAll("[data-action=keys]").forEach(function (box) { box.checked = !off(); });
  }
  document.querySelectorAll(".js-only").forEach(function (part) { part.hidden = false; });
  show();
})();
