// The chart of a trend: points with the shapes of their verdicts, limits, control charts, events.
// Everything it shows stands in the table of the page as well; the words come from the page.
(function () {
  "use strict";
  var box = document.getElementById("trend-chart");
  if (!box || !window.uPlot) return;
  var uPlot = window.uPlot;
  var root = document.documentElement;
  var words = JSON.parse(box.dataset.words);
  var zone = box.dataset.zone, unit = box.dataset.unit, decimals = Number(box.dataset.decimals);
  var language = root.lang === "en" ? "en-GB" : root.lang;
  var read = document.getElementById("trend-read");
  var JUDGED = { PASS: 1, WARN: 2, FAIL: 3 };
  var DAY_S = 86400;
  var plots = [], model = null, chosen = -1;

  function colour(name) { return getComputedStyle(root).getPropertyValue("--" + name).trim(); }
  function font(weight) { return weight + " " + 11 * ratio() + "px " + colour("font"); }
  function ratio() { return uPlot.pxRatio; }
  function say(name, places) {
    return words[name].replace(/\{(\w+)\}/g, function (all, key) { return key in places ? places[key] : all; });
  }
  function format(options) { return new Intl.DateTimeFormat(language, Object.assign({ timeZone: zone }, options)); }
  var dayMonth = format({ day: "numeric", month: "short" });
  var monthYear = format({ month: "short", year: "numeric" });
  var hour = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  var moment = format({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  function date(seconds) { return new Date(seconds * 1000); }
  function number(value, more) { return value.toFixed(decimals + (more || 0)); }
  function bound(value) { return String(value).replace("-", "−"); }
  function withUnit(text) { return unit ? text + " " + unit : text; }
  function shown(name) {
    var choice = document.querySelector('[data-show="' + name + '"]');
    return !!choice && choice.checked;
  }

  // What is drawn, made once of what the service answers.
  function tolerance(limits) {
    var found = { lower: null, upper: null, warnLower: null, warnUpper: null };
    limits.filter(function (each) { return JUDGED[each.status] && each.kind !== "informative"; }).forEach(function (each) {
      found.lower = tighter(found.lower, each.lower, Math.max);
      found.upper = tighter(found.upper, each.upper, Math.min);
      found.warnLower = tighter(found.warnLower, each.warn_lower, Math.max);
      found.warnUpper = tighter(found.warnUpper, each.warn_upper, Math.min);
    });
    return found;
  }
  function tighter(known, value, choose) {
    if (value === null) return known;
    return known === null ? value : choose(known, value);
  }
  function stateOf(point) {
    if (point.left_out === "excluded") return "EXCLUDED";
    if (point.left_out === "invalid") return "INVALID";
    var judged = point.limits.filter(function (each) { return JUDGED[each.status]; });
    var binding = judged.filter(function (each) { return each.kind !== "informative"; });
    judged = binding.length ? binding : judged;
    return judged.reduce(function (worst, each) {
      return JUDGED[each.status] > (JUDGED[worst] || 0) ? each.status : worst;
    }, "NO_LIMIT");
  }
  function secondsOf(text) { return Date.parse(text) / 1000; }

  function build(trend, other, compared) {
    var points = trend.points.map(function (point) {
      return {
        at: secondsOf(point.at), value: point.value, raw: point, state: stateOf(point), counts: point.counts,
        reach: point.uncertainty === null ? null : 2 * point.uncertainty, limits: tolerance(point.limits), signals: []
      };
    });
    // A line of uPlot needs ascending times; results of one moment are told apart by a millisecond.
    points.forEach(function (point, i) { if (i && point.at <= points[i - 1].at) point.at = points[i - 1].at + 0.001; });
    var byResult = {};
    points.forEach(function (point) { byResult[point.raw.result] = point; });
    trend.signals.forEach(function (signal) {
      var point = byResult[signal.result];
      if (point) point.signals.push(signal);
    });
    var first = points[0].at, last = points[points.length - 1].at;
    var margin = first === last ? 2 * DAY_S : Math.max((last - first) * 0.02, DAY_S / 2);
    return {
      points: points, trend: trend,
      other: other ? other.points.filter(function (point) { return point.counts; }).map(function (point) { return { at: secondsOf(point.at), value: point.value }; }) : [],
      compared: compared,
      events: trend.events.concat(trend.analyzers.map(function (change) {
        return { at: change.at, kind: "analyzer", epoch: "none", text: say("analyzer", change) };
      })).map(function (event) { return { at: secondsOf(event.at), event: event }; }).sort(function (a, b) { return a.at - b.at; }),
      min: first - margin, max: last + margin
    };
  }

  function reachOf(model) {
    var values = [];
    model.points.forEach(function (point) {
      values.push(point.value);
      if (point.counts && point.reach !== null) values.push(point.value - point.reach, point.value + point.reach);
      if (point.raw.noise_floor !== null) values.push(point.raw.noise_floor);
    });
    model.other.forEach(function (point) { values.push(point.value); });
    if (shown("control")) model.trend.epochs.forEach(function (epoch) {
      if (!epoch.band || (epoch.end && secondsOf(epoch.end) < model.min)) return;
      [epoch.band.action_lower, epoch.band.action_upper, epoch.band.centre].forEach(function (value) { if (value !== null) values.push(value); });
    });
    var low = Math.min.apply(null, values), high = Math.max.apply(null, values);
    var room = high - low || Math.abs(high) || 1;
    if (shown("tolerance")) {
      // A limit far away would press the trend into a line; it is named at the edge instead.
      var far = model.points.length < 3 ? Infinity : 4 * room;
      model.points.forEach(function (point) {
        ["lower", "upper", "warnLower", "warnUpper"].forEach(function (side) {
          var value = point.limits[side];
          if (value !== null && value > low - far && value < high + far) values.push(value);
        });
      });
      low = Math.min.apply(null, values);
      high = Math.max.apply(null, values);
    }
    var pad = (high - low || Math.abs(high) || 1) * 0.08;
    return [low - pad, high + pad];
  }

  // Marks: a shape for each verdict, so that colour never stands alone.
  function mark(ctx, x, y, state, r) {
    ctx.beginPath();
    if (state === "FAIL") {
      var a = r * 0.42;
      [[-a, -r], [a, -r], [r, -a], [r, a], [a, r], [-a, r], [-r, a], [-r, -a]].forEach(function (c, i) { ctx[i ? "lineTo" : "moveTo"](x + c[0], y + c[1]); });
      ctx.closePath();
    } else if (state === "WARN") {
      ctx.moveTo(x, y - r * 1.1); ctx.lineTo(x + r * 1.05, y + r * 0.8); ctx.lineTo(x - r * 1.05, y + r * 0.8); ctx.closePath();
    } else if (state === "INVALID") {
      ctx.moveTo(x, y - r); ctx.lineTo(x + r, y); ctx.lineTo(x, y + r); ctx.lineTo(x - r, y); ctx.closePath();
    } else {
      ctx.arc(x, y, r, 0, 2 * Math.PI);
    }
  }
  function guarded(u, draw) {
    var ctx = u.ctx;
    ctx.save();
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    draw(ctx, ratio(), u.bbox);
    ctx.restore();
  }
  function clip(ctx, area) { ctx.beginPath(); ctx.rect(area.left, area.top, area.width, area.height); ctx.clip(); }
  function px(u, at) { return u.valToPos(at, "x", true); }
  function py(u, value) { return u.valToPos(value, "y", true); }
  function rule(ctx, from, to, y, stroke, dash, width) {
    ctx.strokeStyle = stroke;
    ctx.lineWidth = width;
    ctx.setLineDash(dash);
    ctx.beginPath(); ctx.moveTo(from, Math.round(y) + 0.5); ctx.lineTo(to, Math.round(y) + 0.5); ctx.stroke();
    ctx.setLineDash([]);
  }

  // Stretches of time over which a limit was the same.
  function stretches(model, side) {
    var found = [], open = null;
    model.points.forEach(function (point, i) {
      var value = point.limits[side];
      if (open && open.value === value) { open.to = point.at; return; }
      if (value === null) { if (!point.counts) return; open = null; return; }
      if (open) open.to = point.at;
      open = { value: value, from: i ? point.at : model.min, to: point.at };
      found.push(open);
    });
    if (open) open.to = model.max;
    return found;
  }

  function drawLimits(u) {
    guarded(u, function (ctx, R, area) {
      clip(ctx, area);
      var right = area.left + area.width;
      if (shown("control")) model.trend.epochs.forEach(function (epoch) {
        if (!epoch.band) return;
        var from = Math.max(area.left, px(u, secondsOf(epoch.start)));
        var to = epoch.end ? Math.min(right, px(u, secondsOf(epoch.end))) : right;
        if (to <= from) return;
        var top = py(u, epoch.band.action_upper);
        var bottom = py(u, epoch.band.action_lower === null ? epoch.band.centre : epoch.band.action_lower);
        ctx.fillStyle = colour("accent"); ctx.globalAlpha = 0.08; ctx.fillRect(from, top, to - from, bottom - top); ctx.globalAlpha = 1;
        rule(ctx, from, to, top, colour("accent"), [5 * R, 4 * R], R);
        if (epoch.band.action_lower !== null) rule(ctx, from, to, bottom, colour("accent"), [5 * R, 4 * R], R);
        rule(ctx, from, to, py(u, epoch.band.centre), colour("accent"), [], 0.8 * R);
      });
      if (shown("tolerance")) [["upper", "act", 1], ["lower", "act", -1], ["warnUpper", "warn", 1], ["warnLower", "warn", -1]].forEach(function (kind) {
        stretches(model, kind[0]).forEach(function (each) {
          var from = Math.max(area.left, px(u, each.from)), to = Math.min(right, px(u, each.to)), y = py(u, each.value);
          if (to <= from) return;
          var edge = kind[2] > 0 ? area.top : area.top + area.height;
          ctx.fillStyle = colour(kind[1]); ctx.globalAlpha = 0.06; ctx.fillRect(from, Math.min(edge, y), to - from, Math.abs(edge - y)); ctx.globalAlpha = 1;
          rule(ctx, from, to, y, colour(kind[1]), [], (kind[1] === "act" ? 1.6 : 1.1) * R);
        });
      });
      ctx.lineWidth = R;
      model.points.forEach(function (point) {
        if (point.reach === null || !point.counts) return;
        var x = px(u, point.at);
        ctx.strokeStyle = colour("none"); ctx.globalAlpha = 0.65;
        ctx.beginPath(); ctx.moveTo(x, py(u, point.value - point.reach)); ctx.lineTo(x, py(u, point.value + point.reach)); ctx.stroke();
      });
    });
  }

  function drawPoints(u) {
    guarded(u, function (ctx, R, area) {
      var lastLabel = -Infinity, lastRule = "";
      model.points.forEach(function (point, i) {
        if (point.at < u.scales.x.min || point.at > u.scales.x.max) return;
        var x = px(u, point.at), y = py(u, point.value);
        var loud = point.signals.filter(function (signal) { return signal.level !== "note"; });
        if (point.state === "EXCLUDED" || point.state === "INVALID") {
          ctx.strokeStyle = colour("none"); ctx.fillStyle = colour("surface"); ctx.lineWidth = 1.4 * R;
          mark(ctx, x, y, point.state, 4.2 * R); ctx.fill(); ctx.stroke();
          if (point.state === "EXCLUDED") { ctx.beginPath(); ctx.moveTo(x - 5 * R, y + 5 * R); ctx.lineTo(x + 5 * R, y - 5 * R); ctx.stroke(); }
        } else {
          ctx.fillStyle = colour(point.state === "FAIL" ? "act" : point.state === "WARN" ? "warn" : "ink-2");
          mark(ctx, x, y, point.state, (point.state === "FAIL" ? 5.2 : point.state === "WARN" ? 4.6 : 2.6) * R); ctx.fill();
        }
        if (loud.length) { ctx.strokeStyle = colour("due"); ctx.lineWidth = 1.5 * R; ctx.beginPath(); ctx.arc(x, y, 7 * R, 0, 2 * Math.PI); ctx.stroke(); }
        if (i === chosen) { ctx.strokeStyle = colour("ink"); ctx.lineWidth = 2 * R; ctx.beginPath(); ctx.arc(x, y, 10 * R, 0, 2 * Math.PI); ctx.stroke(); }
        // The name of a rule stands where it begins, if there is room.
        var name = loud.length ? loud[0].rule : "";
        if (name && name !== lastRule) {
          ctx.font = font(600);
          var width = ctx.measureText(name).width, left = Math.min(Math.max(x - width / 2, area.left), area.left + area.width - width);
          if (left > lastLabel) {
            var up = y - 15 * R > area.top + 22 * R;
            ctx.fillStyle = colour("surface"); ctx.globalAlpha = 0.85; ctx.fillRect(left - 2 * R, (up ? y - 22 * R : y + 9 * R), width + 4 * R, 13 * R); ctx.globalAlpha = 1;
            ctx.fillStyle = colour("due"); ctx.fillText(name, left, up ? y - 15 * R : y + 16 * R);
            lastLabel = left + width + 4 * R;
          }
        }
        lastRule = name;
      });
      model.trend.changes.forEach(function (change) {
        var x = px(u, secondsOf(change.at)), y = area.top + area.height - 6 * R;
        if (x < area.left || x > area.left + area.width) return;
        ctx.fillStyle = colour("late");
        ctx.beginPath(); ctx.moveTo(x - 6 * R, y - 4 * R); ctx.lineTo(x + 6 * R, y); ctx.lineTo(x - 6 * R, y + 4 * R); ctx.closePath(); ctx.fill();
      });
    });
    drawEvents(u, true);
    drawEdge(u);
  }

  function drawEvents(u, named) {
    if (!shown("events")) return;
    guarded(u, function (ctx, R, area) {
      var ends = [];
      ctx.font = font(500);
      model.events.forEach(function (each) {
        if (each.at < u.scales.x.min || each.at > u.scales.x.max) return;
        var x = Math.round(px(u, each.at)) + 0.5, starts = each.event.epoch === "starts";
        ctx.strokeStyle = colour("ink-3"); ctx.lineWidth = (starts ? 1.8 : 1) * R; ctx.setLineDash(starts ? [] : [2 * R, 3 * R]);
        ctx.beginPath(); ctx.moveTo(x, area.top); ctx.lineTo(x, area.top + area.height); ctx.stroke(); ctx.setLineDash([]);
        if (!named) return;
        var text = each.event.text.length > 26 ? each.event.text.slice(0, 25) + "…" : each.event.text;
        var width = ctx.measureText(text).width + 16 * R, row = 0;
        while (row < 3 && ends[row] !== undefined && ends[row] > x) row += 1;
        var y = area.top + (4 + 15 * Math.min(row, 3)) * R, left = x;
        ctx.fillStyle = colour("ink-2"); ctx.strokeStyle = colour("ink-2"); ctx.lineWidth = R;
        ctx.beginPath(); ctx.moveTo(left + 2 * R, y); ctx.lineTo(left + 11 * R, y + 4 * R); ctx.lineTo(left + 2 * R, y + 8 * R); ctx.closePath();
        if (each.event.kind === "corrective_action") ctx.fill(); else ctx.stroke();
        if (row === 3 || left + width > area.left + area.width + 60 * R) return;
        ctx.fillStyle = colour("surface"); ctx.globalAlpha = 0.85; ctx.fillRect(left + 13 * R, y - 2 * R, width - 14 * R, 13 * R); ctx.globalAlpha = 1;
        ctx.fillStyle = colour("ink-2"); ctx.fillText(text, left + 14 * R, y + 5 * R);
        ends[row] = left + width + 6 * R;
      });
    });
  }

  // Names of lines at the right edge, moved apart where they would cover each other.
  function drawEdge(u) {
    guarded(u, function (ctx, R, area) {
      var names = [], latest = null, band = null;
      model.points.forEach(function (point) { if (point.counts) latest = point; });
      model.trend.epochs.forEach(function (epoch) { band = epoch.band; });
      function add(value, text, ink) { if (value !== null && value !== undefined) names.push({ value: value, text: text, ink: ink }); }
      if (shown("tolerance") && latest) {
        add(latest.limits.upper, words.fail + " " + bound(latest.limits.upper), "act"); add(latest.limits.lower, words.fail + " " + bound(latest.limits.lower), "act");
        add(latest.limits.warnUpper, words.warn + " " + bound(latest.limits.warnUpper), "warn"); add(latest.limits.warnLower, words.warn + " " + bound(latest.limits.warnLower), "warn");
      }
      if (shown("control") && band) {
        add(band.centre, words.baseline, "accent"); var times = { times: (3 * band.inflation).toFixed(1) };
        add(band.action_upper, say("upper", times), "accent"); add(band.action_lower, say("lower", times), "accent");
      }
      ctx.font = font(600);
      var bottom = area.top + area.height, taken = [];
      names.map(function (each) {
        var y = py(u, each.value), out = y < area.top - 1 || y > bottom + 1;
        return { text: (out ? (y < area.top ? "↑ " : "↓ ") : "") + each.text, ink: each.ink, y: Math.min(Math.max(y, area.top + 5 * R), bottom - 5 * R) };
      }).sort(function (a, b) { return a.y - b.y; }).forEach(function (each) {
        var y = taken.length ? Math.max(each.y, taken[taken.length - 1] + 13 * R) : each.y;
        taken.push(y);
        ctx.fillStyle = colour(each.ink);
        ctx.fillText(each.text, area.left + area.width + 6 * R, y);
      });
    });
  }

  // The smaller charts: lines of limits, and where the first signal is.
  function drawChart(lines, ruleName) {
    return function (u) {
      drawEvents(u, false);
      guarded(u, function (ctx, R, area) {
        clip(ctx, { left: area.left, top: area.top, width: area.width + 108 * R, height: area.height });
        lines.forEach(function (line) { ctx.fillStyle = colour("ink-3"); ctx.font = font(400); ctx.fillText(line.text, area.left + area.width + 6 * R, Math.max(py(u, line.value), area.top + 6 * R)); });
        var before = false;
        model.points.forEach(function (point) {
          if (!point.raw.ewma) return;
          var signal = point.signals.filter(function (each) { return each.rule === ruleName; })[0];
          var begins = signal && !before;
          before = !!signal;
          if (!begins || point.at < u.scales.x.min || point.at > u.scales.x.max) return;
          var value = ruleName === "EWMA" ? point.raw.ewma.value : Math.max(point.raw.cusum.high, point.raw.cusum.low || 0);
          var x = px(u, point.at), y = py(u, value), text = say("firstSignal", { day: dayMonth.format(date(point.at)) });
          ctx.fillStyle = colour("warn"); mark(ctx, x, y, "WARN", 4.6 * R); ctx.fill();
          ctx.font = font(600);
          var leftwards = x - ctx.measureText(text).width - 10 * R > area.left;
          ctx.textAlign = leftwards ? "right" : "left";
          ctx.fillText(text, leftwards ? x - 8 * R : x + 8 * R, Math.max(y - 9 * R, area.top + 7 * R));
          ctx.textAlign = "left";
        });
      });
    };
  }

  function axes(left) {
    var common = function () {
      return { stroke: colour("ink-3"), font: "11px " + colour("font"), grid: { stroke: colour("line-soft"), width: 1 }, ticks: { stroke: colour("line"), width: 1, size: 4 }, gap: 4 };
    };
    var across = Object.assign(common(), { size: 28, space: 74, values: function (u, splits) {
      var span = u.scales.x.max - u.scales.x.min;
      var within = splits.length > 1 && splits[1] - splits[0] < DAY_S;
      var writer = span > 900 * DAY_S ? monthYear : dayMonth;
      return splits.map(function (at) {
        var time = hour.format(date(at));
        return within && time !== "00:00" ? time : writer.format(date(at));
      });
    } });
    return [across, Object.assign(common(), { size: left, values: function (u, splits) {
      var step = splits.length > 1 ? Math.abs(splits[1] - splits[0]) : 1;
      var digits = Math.min(6, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
      return splits.map(function (value) { return value.toFixed(digits); });
    } })];
  }

  function tip() {
    var node = document.createElement("div");
    node.className = "chart-tip";
    node.hidden = true;
    return { hooks: {
      init: function (u) { u.over.appendChild(node); },
      setCursor: function (u) {
        var i = u.cursor.idx;
        if (i === null || i === undefined || u.cursor.left < 0) { node.hidden = true; return; }
        var point = model.points[nearest(u.data[0][i])];
        node.textContent = "";
        told(point).forEach(function (text, line) {
          var part = document.createElement(line ? "div" : "b");
          part.textContent = text;
          node.appendChild(part);
        });
        node.hidden = false;
        // On the far side, so that it never covers what it tells of.
        node.classList.toggle("to-left", u.cursor.left < u.over.clientWidth / 2);
      }
    } };
  }

  function nearest(at) {
    var best = 0;
    model.points.forEach(function (point, i) { if (Math.abs(point.at - at) < Math.abs(model.points[best].at - at)) best = i; });
    return best;
  }

  function told(point) {
    var value = number(point.value) + (point.reach === null ? "" : " ± " + number(point.reach));
    var found = [moment.format(date(point.at)), withUnit(value) + (point.reach === null ? "" : " (k = 2)") + " · " + words[point.state]];
    var epoch = model.trend.epochs[point.raw.epoch];
    if (point.raw.z !== null && epoch && epoch.band) {
      var off = point.value - epoch.band.centre;
      found.push(say("off", { difference: (off < 0 ? "−" : "+") + number(Math.abs(off)), z: point.raw.z.toFixed(1) }));
    }
    if (point.raw.ewma) found.push(say("ewmaAt", { value: withUnit(number(point.raw.ewma.value, 1)) }));
    if (point.raw.in_baseline) found.push(words.inBaseline);
    if (point.signals.length) found.push(say("signals", { rules: point.signals.map(function (each) { return each.rule; }).join(", ") }));
    if (point.state === "EXCLUDED" && point.raw.exclusion) found.push(say("excluded", { reason: point.raw.exclusion.reason }));
    if (!point.raw.dated) found.push(words.undated);
    return found;
  }

  function merged() {
    var times = {};
    model.points.forEach(function (point) { times[point.at] = true; });
    model.other.forEach(function (point) { times[point.at] = true; });
    var xs = Object.keys(times).map(Number).sort(function (a, b) { return a - b; });
    function column(points, pick) {
      var known = {};
      points.forEach(function (point) { known[point.at] = pick(point); });
      return xs.map(function (x) { return x in known ? known[x] : undefined; });
    }
    return [
      xs, column(model.points, function (point) { return point.counts ? point.value : undefined; }),
      column(model.other, function (point) { return point.value; }),
      column(model.points, function (point) { return point.raw.noise_floor === null ? undefined : point.raw.noise_floor; })
    ];
  }

  function plot(name, height, data, options) {
    var place = box.querySelector('[data-plot="' + name + '"]');
    if (!place || place.closest("[hidden]") || !data[0].length) return;
    var narrow = place.clientWidth < 560;
    plots.push(new uPlot({
      width: place.clientWidth, height: height, padding: [10, narrow ? 84 : 108, 0, 0], legend: { show: false },
      tzDate: function (at) { return uPlot.tzDate(date(at), zone); },
      cursor: { sync: { key: "trend" }, drag: { x: true, y: false }, points: { size: 9, stroke: colour("surface"), fill: colour("accent") } },
      scales: { x: { time: true, range: function (u, min, max) { return min === null || (min === u.data[0][0] && (u.data[0].length === 1 || max === u.data[0][u.data[0].length - 1])) ? [model.min, model.max] : [min, max]; } }, y: { range: options.range } },
      series: options.series, axes: axes(narrow ? 40 : 52), hooks: options.hooks, plugins: options.plugins || []
    }, data, place));
  }

  function padded(values) {
    return function () {
      var low = Math.min.apply(null, values), high = Math.max.apply(null, values), pad = (high - low || Math.abs(high) || 1) * 0.1;
      return [low - pad, high + pad];
    };
  }

  function draw() {
    plots.forEach(function (each) { each.destroy(); });
    plots = [];
    if (!model) return;
    var none = { show: false }, narrow = box.clientWidth < 560;
    plot("main", narrow ? 280 : 350, merged(), {
      range: function () { return reachOf(model); },
      series: [{}, { stroke: colour("none"), width: 1, points: none, spanGaps: true }, { stroke: colour("late"), width: 1.5, dash: [4, 3], points: none, spanGaps: true }, { stroke: colour("none"), width: 1.2, dash: [1, 3], points: none, spanGaps: true }],
      hooks: { drawAxes: [drawLimits], draw: [drawPoints] }, plugins: [tip()]
    });
    if (model.compared && model.compared.days.length) drawDifference(none);
    var charted = model.points.filter(function (point) { return point.raw.ewma; });
    var xs = charted.map(function (point) { return point.at; });
    var means = charted.map(function (point) { return point.raw.ewma; });
    var values = [];
    means.forEach(function (each) { [each.value, each.lower, each.upper].forEach(function (value) { if (value !== null) values.push(value); }); });
    var latest = means[means.length - 1];
    plot("ewma", 150, [xs, means.map(function (each) { return each.value; }), means.map(function (each) { return each.upper; }), means.map(function (each) { return each.lower; })], {
      range: padded(values),
      series: [{}, { stroke: colour("accent"), width: 1.6, points: none }, { stroke: colour("accent"), width: 1, dash: [5, 4], points: none }, { stroke: colour("accent"), width: 1, dash: [5, 4], points: none }],
      hooks: { draw: [drawChart(latest ? [latest.upper, latest.lower].filter(function (value) { return value !== null; }).map(function (value) { return { value: value, text: words.limit }; }) : [], "EWMA")] }
    });
    document.querySelectorAll('[data-plot-group="cusum"]').forEach(function (group) { group.hidden = !shown("cusum"); });
    var sums = charted.map(function (point) { return point.raw.cusum; });
    var most = Math.max.apply(null, sums.map(function (each) { return Math.max(each.high, each.low || 0, each.threshold); }));
    plot("cusum", 140, [xs, sums.map(function (each) { return each.high; }), sums.map(function (each) { return each.low; }), sums.map(function (each) { return each.threshold; })], {
      range: function () { return [-0.05 * most, most * 1.1]; },
      series: [{}, { stroke: colour("accent"), width: 1.6, points: none }, { stroke: colour("late"), width: 1.4, dash: [2, 2], points: none }, { stroke: colour("accent"), width: 1, dash: [5, 4], points: none }],
      hooks: { draw: [drawChart(sums.length ? [{ value: sums[sums.length - 1].threshold, text: words.limit }] : [], "CUSUM")] }
    });
    drawRoom("temperature_c");
    drawRoom("humidity_percent");
    box.dataset.drawn = String(plots.length);
  }

  // What the room was like when somebody noted it, under the same time.
  function drawRoom(name) {
    var noted = model.events.filter(function (each) { return typeof each.event[name] === "number"; });
    var values = noted.map(function (each) { return each.event[name]; });
    plot(name, 110, [noted.map(function (each) { return each.at; }), values], {
      range: padded(values), series: [{}, { stroke: colour("ink-2"), width: 1.2, points: { show: true, size: 5, fill: colour("ink-2") } }],
      hooks: { draw: [function (u) { drawEvents(u, false); }] }
    });
  }

  function drawDifference(none) {
    var days = model.compared.days, xs = days.map(function (each) { return secondsOf(each.day + "T12:00:00Z"); });
    var lines = [[model.compared.mean, words.mean], [model.compared.agreement_lower, ""], [model.compared.agreement_upper, words.agreement]].filter(function (each) { return each[0] !== null; });
    var values = days.map(function (each) { return each.difference; }).concat(lines.map(function (each) { return each[0]; }), [0]);
    plot("difference", 160, [xs, days.map(function (each) { return each.difference; })], {
      range: padded(values), series: [{}, { stroke: colour("none"), width: 1, points: none }],
      hooks: { draw: [function (u) {
        guarded(u, function (ctx, R, area) {
          rule(ctx, area.left, area.left + area.width, py(u, 0), colour("ink-3"), [], R);
          lines.forEach(function (each, i) {
            rule(ctx, area.left, area.left + area.width, py(u, each[0]), colour("late"), i ? [5 * R, 4 * R] : [], R);
            ctx.font = font(400); ctx.fillStyle = colour("late"); ctx.fillText(each[1], area.left + area.width + 6 * R, py(u, each[0]));
          });
          days.forEach(function (each, i) {
            if (xs[i] < u.scales.x.min || xs[i] > u.scales.x.max) return;
            ctx.fillStyle = colour(each.flagged ? "warn" : "ink-2");
            mark(ctx, px(u, xs[i]), py(u, each.difference), each.flagged ? "WARN" : "PASS", (each.flagged ? 4.6 : 2.6) * R); ctx.fill();
          });
        });
      }] }
    });
  }

  // The keyboard: one point is chosen, said in words and marked in every chart.
  function choose(i) {
    chosen = Math.min(Math.max(i, 0), model.points.length - 1);
    var point = model.points[chosen];
    read.textContent = told(point).join(" · ");
    plots.forEach(function (each, place) {
      each.redraw(false, false);
      if (place === 0) each.setCursor({ left: each.valToPos(point.at, "x"), top: each.valToPos(point.value, "y") });
    });
  }
  box.addEventListener("keydown", function (event) {
    if (!model || event.ctrlKey || event.altKey || event.metaKey) return;
    var last = model.points.length - 1;
    var steps = { ArrowLeft: chosen < 0 ? last : chosen - 1, ArrowRight: chosen < 0 ? 0 : chosen + 1, Home: 0, End: last };
    if (event.key in steps) choose(steps[event.key]);
    else if (event.key === "Enter" && chosen >= 0) location.assign("/results/" + model.points[chosen].raw.result);
    else if (event.key === "e" && chosen >= 0 && box.dataset.point) location.assign(box.dataset.point + model.points[chosen].raw.result);
    else if (event.key === "Escape") { chosen = -1; read.textContent = ""; plots.forEach(function (each) { each.redraw(false, false); }); }
    else return;
    event.preventDefault();
  });
  // A click chooses as the keys do.
  box.addEventListener("click", function (event) {
    var main = plots[0];
    if (!main || !main.over.contains(event.target) || main.cursor.idx === null || main.cursor.idx === undefined) return;
    choose(nearest(main.data[0][main.cursor.idx]));
    box.focus();
  });

  var waiting = 0, width = 0;
  function again() { clearTimeout(waiting); waiting = setTimeout(draw, 100); }
  new ResizeObserver(function () { if (box.clientWidth !== width) { width = box.clientWidth; again(); } }).observe(box);
  new MutationObserver(again).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  document.querySelectorAll("[data-show]").forEach(function (choice) { choice.addEventListener("change", draw); });

  function ask(address) {
    if (!address) return Promise.resolve(null);
    return fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } }).then(function (reply) {
      if (!reply.ok) throw new Error(String(reply.status));
      return reply.json();
    });
  }
  Promise.all([ask(box.dataset.trend), ask(box.dataset.other), ask(box.dataset.compare), document.fonts.ready]).then(function (found) {
    if (!found[0].points.length) return;
    model = build(found[0], found[1], found[2]);
    draw();
  }, function () { read.textContent = words.failed; });
})();
