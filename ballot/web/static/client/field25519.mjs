/**
 * Arithmetic mod p = 2^255 − 19 in floating point, after Bernstein's "Curve25519: new Diffie-Hellman
 * speed records" (2006): six times as fast as BigInt. Nothing secret belongs here.
 *
 * An element is twelve doubles from some place of an array on. The k-th is a multiple of 2^e(k), e(k) the
 * least integer ≥ 21.25 k, and their sum is the element. *Reduced*: |k-th| ≤ 2^(e(k+1)−1), and up to a
 * thousandth more for two of them. Every operation on doubles below is exact: its result is a multiple
 * of 2^e(k) (of 2^(e(k)−255) before WRAP) and below 2^53 times that, as long as the factors of a product
 * are sums of a and of b reduced elements with a·b ≤ 16 (tests/js/edwards.test.mjs computes the bound).
 *
 * @typedef {any} Doubles a Float64Array; "any" since tsc takes whatever is read from one for possibly
 *   undefined
 */

const P = 2n ** 255n - 19n;
const LIMBS = 12;
const EXPONENTS = Array.from({ length: LIMBS + 1 }, (_, k) => Math.ceil(21.25 * k));
/** 2^255 ≡ 19. */
const WRAP = 19 * 2 ** -255;

/** Adding it and taking it away rounds to multiples of 2^e(k). @param {number} k */
const rounding = (k) => 3 * 2 ** (51 + Number(EXPONENTS[k]));
const M1 = rounding(1);
const M2 = rounding(2);
const M3 = rounding(3);
const M4 = rounding(4);
const M5 = rounding(5);
const M6 = rounding(6);
const M7 = rounding(7);
const M8 = rounding(8);
const M9 = rounding(9);
const M10 = rounding(10);
const M11 = rounding(11);
const M12 = rounding(12);

/** Twelve sums of products made a reduced element: two chains of carries at once. @param {Doubles} o @param {number} at */
function carry(o, at) {
  let r0 = o[at], r1 = o[at + 1], r2 = o[at + 2], r3 = o[at + 3], r4 = o[at + 4], r5 = o[at + 5],
    r6 = o[at + 6], r7 = o[at + 7], r8 = o[at + 8], r9 = o[at + 9], r10 = o[at + 10], r11 = o[at + 11],
    t, u;
  t = r11 + M12 - M12; r11 -= t; r0 += WRAP * t;
  u = r5 + M6 - M6; r5 -= u; r6 += u;
  t = r0 + M1 - M1; r0 -= t; r1 += t;
  u = r6 + M7 - M7; r6 -= u; r7 += u;
  t = r1 + M2 - M2; r1 -= t; r2 += t;
  u = r7 + M8 - M8; r7 -= u; r8 += u;
  t = r2 + M3 - M3; r2 -= t; r3 += t;
  u = r8 + M9 - M9; r8 -= u; r9 += u;
  t = r3 + M4 - M4; r3 -= t; r4 += t;
  u = r9 + M10 - M10; r9 -= u; r10 += u;
  t = r4 + M5 - M5; r4 -= t; r5 += t;
  u = r10 + M11 - M11; r10 -= u; r11 += u;
  t = r5 + M6 - M6; r5 -= t; r6 += t;
  u = r11 + M12 - M12; r11 -= u; r0 += WRAP * u;
  o[at] = r0;
  o[at + 1] = r1;
  o[at + 2] = r2;
  o[at + 3] = r3;
  o[at + 4] = r4;
  o[at + 5] = r5;
  o[at + 6] = r6;
  o[at + 7] = r7;
  o[at + 8] = r8;
  o[at + 9] = r9;
  o[at + 10] = r10;
  o[at + 11] = r11;
}

/** o = a·b; o may be a or b. @param {Doubles} o @param {number} at @param {Doubles} a @param {number} i @param {Doubles} b @param {number} j */
export function mul(o, at, a, i, b, j) {
  const a0 = a[i], a1 = a[i + 1], a2 = a[i + 2], a3 = a[i + 3], a4 = a[i + 4], a5 = a[i + 5],
    a6 = a[i + 6], a7 = a[i + 7], a8 = a[i + 8], a9 = a[i + 9], a10 = a[i + 10], a11 = a[i + 11];
  const b0 = b[j], b1 = b[j + 1], b2 = b[j + 2], b3 = b[j + 3], b4 = b[j + 4], b5 = b[j + 5],
    b6 = b[j + 6], b7 = b[j + 7], b8 = b[j + 8], b9 = b[j + 9], b10 = b[j + 10], b11 = b[j + 11];
  o[at] = a0 * b0 + WRAP * (a1 * b11 + a2 * b10 + a3 * b9 + a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4
    + a9 * b3 + a10 * b2 + a11 * b1);
  o[at + 1] = a0 * b1 + a1 * b0 + WRAP * (a2 * b11 + a3 * b10 + a4 * b9 + a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5
    + a9 * b4 + a10 * b3 + a11 * b2);
  o[at + 2] = a0 * b2 + a1 * b1 + a2 * b0 + WRAP * (a3 * b11 + a4 * b10 + a5 * b9 + a6 * b8 + a7 * b7 + a8 * b6
    + a9 * b5 + a10 * b4 + a11 * b3);
  o[at + 3] = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + WRAP * (a4 * b11 + a5 * b10 + a6 * b9 + a7 * b8 + a8 * b7
    + a9 * b6 + a10 * b5 + a11 * b4);
  o[at + 4] = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + WRAP * (a5 * b11 + a6 * b10 + a7 * b9 + a8 * b8
    + a9 * b7 + a10 * b6 + a11 * b5);
  o[at + 5] = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + WRAP * (a6 * b11 + a7 * b10 + a8 * b9
    + a9 * b8 + a10 * b7 + a11 * b6);
  o[at + 6] = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + WRAP * (a7 * b11 + a8 * b10
    + a9 * b9 + a10 * b8 + a11 * b7);
  o[at + 7] = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + WRAP * (a8 * b11
    + a9 * b10 + a10 * b9 + a11 * b8);
  o[at + 8] = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0
    + WRAP * (a9 * b11 + a10 * b10 + a11 * b9);
  o[at + 9] = a0 * b9 + a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + a9 * b0
    + WRAP * (a10 * b11 + a11 * b10);
  o[at + 10] = a0 * b10 + a1 * b9 + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + a9 * b1
    + a10 * b0 + WRAP * (a11 * b11);
  o[at + 11] = a0 * b11 + a1 * b10 + a2 * b9 + a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + a9 * b2
    + a10 * b1 + a11 * b0;
  carry(o, at);
}

/** o = a²; o may be a. @param {Doubles} o @param {number} at @param {Doubles} a @param {number} i */
export function square(o, at, a, i) {
  const a0 = a[i], a1 = a[i + 1], a2 = a[i + 2], a3 = a[i + 3], a4 = a[i + 4], a5 = a[i + 5],
    a6 = a[i + 6], a7 = a[i + 7], a8 = a[i + 8], a9 = a[i + 9], a10 = a[i + 10], a11 = a[i + 11];
  const d0 = 2 * a0, d1 = 2 * a1, d2 = 2 * a2, d3 = 2 * a3, d4 = 2 * a4, d5 = 2 * a5,
    d6 = 2 * a6, d7 = 2 * a7, d8 = 2 * a8, d9 = 2 * a9, d10 = 2 * a10;
  o[at] = a0 * a0 + WRAP * (d1 * a11 + d2 * a10 + d3 * a9 + d4 * a8 + d5 * a7 + a6 * a6);
  o[at + 1] = d0 * a1 + WRAP * (d2 * a11 + d3 * a10 + d4 * a9 + d5 * a8 + d6 * a7);
  o[at + 2] = d0 * a2 + a1 * a1 + WRAP * (d3 * a11 + d4 * a10 + d5 * a9 + d6 * a8 + a7 * a7);
  o[at + 3] = d0 * a3 + d1 * a2 + WRAP * (d4 * a11 + d5 * a10 + d6 * a9 + d7 * a8);
  o[at + 4] = d0 * a4 + d1 * a3 + a2 * a2 + WRAP * (d5 * a11 + d6 * a10 + d7 * a9 + a8 * a8);
  o[at + 5] = d0 * a5 + d1 * a4 + d2 * a3 + WRAP * (d6 * a11 + d7 * a10 + d8 * a9);
  o[at + 6] = d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 + WRAP * (d7 * a11 + d8 * a10 + a9 * a9);
  o[at + 7] = d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 + WRAP * (d8 * a11 + d9 * a10);
  o[at + 8] = d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 + WRAP * (d9 * a11 + a10 * a10);
  o[at + 9] = d0 * a9 + d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5 + WRAP * (d10 * a11);
  o[at + 10] = d0 * a10 + d1 * a9 + d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5 + WRAP * (a11 * a11);
  o[at + 11] = d0 * a11 + d1 * a10 + d2 * a9 + d3 * a8 + d4 * a7 + d5 * a6;
  carry(o, at);
}

/** o = a + b, not reduced. @param {Doubles} o @param {number} at @param {Doubles} a @param {number} i @param {Doubles} b @param {number} j */
export function add(o, at, a, i, b, j) {
  for (let k = 0; k < LIMBS; k++) o[at + k] = a[i + k] + b[j + k];
}

/** o = a − b, not reduced. @param {Doubles} o @param {number} at @param {Doubles} a @param {number} i @param {Doubles} b @param {number} j */
export function subtract(o, at, a, i, b, j) {
  for (let k = 0; k < LIMBS; k++) o[at + k] = a[i + k] - b[j + k];
}

/** Sum and difference at once, neither reduced: o = a + b from `plus` on, o = a − b from `minus` on. @param {Doubles} o @param {number} plus @param {number} minus @param {Doubles} a @param {number} i @param {Doubles} b @param {number} j */
export function addAndSubtract(o, plus, minus, a, i, b, j) {
  for (let k = 0; k < LIMBS; k++) {
    const [x, y] = [a[i + k], b[j + k]];
    o[plus + k] = x + y;
    o[minus + k] = x - y;
  }
}

/** Write an integer 0 ≤ value < 2^255, reduced. @param {Doubles} o @param {number} at @param {bigint} value */
export function put(o, at, value) {
  for (let k = 0; k < LIMBS; k++) {
    const [from = 0, to = 0] = EXPONENTS.slice(k, k + 2);
    o[at + k] = Number(BigInt.asUintN(to - from, value >> BigInt(from))) * 2 ** from;
  }
  carry(o, at);
}

/** The integer 0..p−1 that a reduced element stands for. @param {Doubles} a @param {number} i */
export function read(a, i) {
  let value = 0n;
  // Two at a time are an integer below 2^44: few BigInts.
  for (let k = 0; k < LIMBS; k += 2) {
    const from = Number(EXPONENTS[k]);
    value += BigInt((a[i + k] + a[i + k + 1]) * 2 ** -from) << BigInt(from);
  }
  const residue = value % P;
  return residue < 0n ? residue + P : residue;
}

/** o = a^(2^252 − 3), which roots and inverses need. @param {Doubles} o @param {number} at @param {Doubles} a @param {number} i */
export function power252(o, at, a, i) {
  const [base, before] = [new Float64Array(LIMBS), new Float64Array(LIMBS)];
  base.set(a.subarray(i, i + LIMBS));
  o.set(base, at);
  let ones = 1; // o = a^(2^ones − 1), up to 250 = 11111010 in binary
  for (const bit of "1111010") {
    before.set(o.subarray(at, at + LIMBS));
    for (let k = 0; k < ones; k++) square(o, at, o, at);
    mul(o, at, o, at, before, 0);
    ones *= 2;
    if (bit === "0") continue;
    square(o, at, o, at);
    mul(o, at, o, at, base, 0);
    ones++;
  }
  square(o, at, o, at);
  square(o, at, o, at);
  mul(o, at, o, at, base, 0);
}

/** o = a^(p − 2) = 1/a, 0 for 0. @param {Doubles} o @param {number} at @param {Doubles} a @param {number} i */
export function invert(o, at, a, i) {
  const cube = new Float64Array(LIMBS);
  square(cube, 0, a, i);
  mul(cube, 0, cube, 0, a, i);
  power252(o, at, a, i);
  for (let k = 0; k < 3; k++) square(o, at, o, at); // 2^255 − 24
  mul(o, at, o, at, cube, 0);
}
