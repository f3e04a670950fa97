// A browser that cannot run the page says so (people.md §9: Chromium 109, Safari 16.4). In the
// words of a browser of any age: no module, no new syntax.
function tooOld() {
  var boot = document.getElementById("boot");
  if (!boot) return; // the page runs
  boot.hidden = true;
  document.getElementById("old").hidden = false;
}
addEventListener("error", function (event) {
  // A script that did not load, or one whose syntax or objects are not there.
  if (event.target === window || event.target.tagName === "SCRIPT") tooOld();
}, true);
addEventListener("load", function () {
  if (!("noModule" in document.createElement("script"))) tooOld();
});
