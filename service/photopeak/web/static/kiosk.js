// The wall screen: a clock in the zone of the site, and a fresh page after an upgrade of the service.
(function () {
  "use strict";
  var clock = document.getElementById("clock");
  var first = document.querySelector("[data-assets]");
  var assets = first ? first.dataset.assets : "";
  var format = new Intl.DateTimeFormat(clock.dataset.language === "zh" ? "zh-CN" : "en-GB", {
    timeZone: clock.dataset.zone, weekday: "short", day: "numeric", month: "short",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23"
  });

  function tick() {
    clock.textContent = format.format(new Date());
  }
  tick();
  setInterval(tick, 1000);

  document.addEventListener("htmx:afterSwap", function () {
    var now = document.querySelector("[data-assets]");
    if (now && now.dataset.assets !== assets) location.reload();
  });
})();
