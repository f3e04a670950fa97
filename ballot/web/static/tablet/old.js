// Runs only where module scripts do not (people.md §9: Chromium 109, Safari 16.4).
document.getElementById("boot").hidden = true;
document.getElementById("old").hidden = false;
