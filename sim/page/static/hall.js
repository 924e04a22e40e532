// The page's own script: LED dots on canvases, sounds, and clicks inside drawn lists. No state that matters.
"use strict";
window.hall = (() => {
  const shown = new Map();      // canvas id -> the bits drawn last
  const SIZE = 8;               // pixels a dot takes on the canvas; CSS scales it
  const sprites = {};
  function sprite(colour) {
    if (sprites[colour]) return sprites[colour];
    const one = document.createElement("canvas");
    one.width = one.height = SIZE;
    const pen = one.getContext("2d");
    pen.fillStyle = "#0d0a08";
    pen.fillRect(0, 0, SIZE, SIZE);
    pen.fillStyle = colour;
    pen.beginPath();
    pen.arc(SIZE / 2, SIZE / 2, SIZE * 0.42, 0, 7);
    pen.fill();
    return (sprites[colour] = one);
  }
  // bits: rows of hex digits, one string, `width` dots to a row
  function dots(id, width, height, bits, tries = 20) {
    const canvas = document.getElementById(id);
    if (!canvas) {              // a drawer that is just opening
      if (tries) setTimeout(() => dots(id, width, height, bits, tries - 1), 50);
      return;
    }
    let before = shown.get(id);
    if (canvas.width !== width * SIZE || before?.canvas !== canvas) {
      canvas.width = width * SIZE;
      canvas.height = height * SIZE;
      before = null;
    }
    const pen = canvas.getContext("2d");
    const lit = sprite("#ffb000"), dark = sprite("#2b2117");
    for (let n = 0; n < bits.length; n++) {
      if (before && before.bits[n] === bits[n]) continue;
      const four = parseInt(bits[n], 16);
      for (let k = 0; k < 4; k++) {
        const at = n * 4 + k;
        pen.drawImage(four & (8 >> k) ? lit : dark, (at % width) * SIZE, Math.floor(at / width) * SIZE);
      }
    }
    shown.set(id, { canvas, bits });
    canvas.dataset.bits = bits;
  }
  let on = false;
  const waiting = [];
  const player = new Audio();
  function next() {
    const one = waiting.shift();
    if (one) { player.src = one; player.play().catch(() => { waiting.length = 0; }); }
  }
  player.addEventListener("ended", next);
  function heard(name) {        // a call was recorded: play it if the person switched sound on
    if (!on) return;
    waiting.push("/sounds/" + encodeURIComponent(name));
    if (player.paused || player.ended) next();
  }
  function sound(value) {
    on = value;
    if (!on) { waiting.length = 0; player.pause(); }
  }
  document.addEventListener("click", (event) => {
    const play = event.target.closest("[data-wav]");
    if (play) { waiting.length = 0; player.src = "/sounds/" + encodeURIComponent(play.dataset.wav); player.play().catch(() => {}); return; }
    const open = event.target.closest("[data-open]");
    if (open) { emitEvent("open-member", open.dataset.open); return; }
    const paper = event.target.closest("[data-paper]");
    if (paper) emitEvent("open-paper", paper.dataset.paper);
  });
  return { dots, heard, sound, player };
})();
