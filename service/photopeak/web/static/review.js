// Keys of the review: j k move along a list, r reviews, [ ] lead to the results beside, n to the next that waits.
(function () {
  "use strict";
  function off() {
    try { return localStorage.getItem("photopeak-keys") === "off"; } catch (error) { return false; }
  }
  function rows() { return Array.prototype.slice.call(document.querySelectorAll("[data-rows] a.row")); }
  function move(step) {
    var all = rows();
    if (!all.length) return false;
    var here = all.indexOf(document.activeElement);
    var next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
    all[next].focus();
    return true;
  }
  function review() {
    var row = rows().indexOf(document.activeElement);
    if (row >= 0) { document.activeElement.click(); return true; }
    var target = document.querySelector("[data-key-target='r']") || document.getElementById("review");
    if (!target) return false;
    var fold = target.closest("details");
    if (fold) fold.open = true;
    target.scrollIntoView({ block: "center" });
    if (target.matches("textarea")) target.focus();
    return true;
  }
  function follow(key) {
    var link = document.querySelector("a[data-key='" + key + "']");
    if (!link) return false;
    link.click();
    return true;
  }
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || off()) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]")) return;
    var done = false;
    if (event.key === "j") done = move(1);
    else if (event.key === "k") done = move(-1);
    else if (event.key === "r") done = review();
    else if (event.key === "[" || event.key === "]" || event.key === "n") done = follow(event.key);
    if (done) event.preventDefault();
  });
  document.addEventListener("change", function (event) {
    var action = event.target.dataset.action;
    if (action === "choose-all") {
      document.querySelectorAll("#review-queue td input[type=checkbox]").forEach(function (box) {
        box.checked = event.target.checked;
      });
    } else if (action === "keys") {
      try { localStorage.setItem("photopeak-keys", event.target.checked ? "on" : "off"); } catch (error) { return; }
    }
  });
  document.querySelectorAll(".js-only").forEach(function (part) { part.hidden = false; });
  document.querySelectorAll("[data-action=keys]").forEach(function (box) { box.checked = !off(); });
})();
