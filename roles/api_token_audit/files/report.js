/*
 * Copyright (c) 2026, Mondoo platform collection contributors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sorting and filtering. Without it, the page is the same with all rows and no controls.
 */
(function () {
  "use strict";
  var AT_ONCE = 250;
  var collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

  function Table(section) {
    var table = section.querySelector("table");
    if (!table) { return; }
    var body = table.tBodies[0];
    var rows = Array.prototype.slice.call(body.rows);
    var texts = rows.map(function (row) { return row.textContent.toLowerCase(); });
    var places = new Map(rows.map(function (row, place) { return [row, place]; }));
    var search = section.querySelector("input[type=search]");
    var severity = section.querySelector("select");
    var status = section.querySelector("[role=status]");
    var more = section.querySelector(".more");
    var limit = AT_ONCE;

    function show() {
      var words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      var wanted = severity.value;
      var found = 0;
      Array.prototype.forEach.call(body.rows, function (row) {
        var text = texts[places.get(row)];
        var fits = (!wanted || row.dataset.severity === wanted) && words.every(function (word) { return text.includes(word); });
        found += fits ? 1 : 0;
        row.hidden = !fits || found > limit;
        row.toggleAttribute("data-rest", fits && found > limit);
      });
      status.textContent = found + " of " + rows.length + " shown" + (found > limit ? ", the first " + limit + " here" : "");
      more.hidden = found <= limit;
    }

    function sort(head) {
      var column = head.cellIndex;
      var down = head.getAttribute("aria-sort") === "ascending";
      var numeric = head.hasAttribute("data-numeric");
      var keyed = rows.map(function (row) {
        var cell = row.cells[column];
        var key = cell.dataset.sort === undefined ? cell.textContent.trim() : cell.dataset.sort;
        return { row: row, place: places.get(row), key: numeric && key !== "" ? Number(key) : key };
      });
      var direction = down ? -1 : 1;
      keyed.sort(function (one, other) {
        // What is not known comes last, whichever way round.
        var unknown = (one.key === "") - (other.key === "");
        var order = numeric ? one.key - other.key : collator.compare(one.key, other.key);
        return unknown || direction * order || one.place - other.place;
      });
      Array.prototype.forEach.call(table.tHead.rows[0].cells, function (cell) { cell.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      var fragment = document.createDocumentFragment();
      keyed.forEach(function (entry) { fragment.appendChild(entry.row); });
      body.appendChild(fragment);
      show();
    }

    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.textContent = "";
      head.appendChild(button);
      button.addEventListener("click", function () { sort(head); });
    });
    var waiting = 0;
    search.addEventListener("input", function () {
      clearTimeout(waiting);
      waiting = setTimeout(show, 120);
    });
    severity.addEventListener("change", show);
    more.addEventListener("click", function () { limit = Infinity; show(); });
    section.querySelector(".tools").hidden = false;
    show();
  }

  Array.prototype.forEach.call(document.querySelectorAll("section[data-table]"), Table);
})();
