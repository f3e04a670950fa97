"""The two groups with plain integers.

Slow on purpose: no library, and of the known tricks only tables and memory.
Sources: belenios-format.md §1, §2; RFC 8032 §5.1.
"""

import re
from typing import Any

P25519 = 2**255 - 19
L25519 = 2**252 + 27742317777372353535851937790883648493
D25519 = -121665 * pow(121666, -1, P25519) % P25519

Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T: x = X/Z, y = Y/Z, xy = T/Z."""


class Tables:
    """A first base that comes again and again (g, y, a trustee's key) gets a table."""

    q: int
    one: Any

    def __init__(self) -> None:
        self._seen: dict[Any, int] = {}
        self._tables: dict[Any, list[list[Any]]] = {}

    def mul(self, a: Any, b: Any) -> Any:
        raise NotImplementedError

    def power(self, a: Any, n: int) -> Any:
        raise NotImplementedError

    def power2(self, a: Any, m: int, b: Any, n: int) -> Any:
        """a^m b^n."""
        self._seen[a] = self._seen.get(a, 0) + 1
        result = self.power(b, n)
        if self._seen[a] < 40:
            return self.mul(result, self.power(a, m))
        if a not in self._tables:
            self._tables[a] = self._table(a)
        m %= self.q
        for row in self._tables[a]:
            result = self.mul(result, row[m & 255])
            m >>= 8
        return result

    def _table(self, a: Any) -> list[list[Any]]:
        """a^(d 256^k) for every digit d and place k."""
        rows = []
        for _ in range(32):
            row = [self.one]
            for _ in range(255):
                row.append(self.mul(row[-1], a))
            rows.append(row)
            a = self.mul(row[-1], a)
        return rows


class Edwards25519(Tables):
    """The prime-order subgroup of edwards25519; elements are :data:`Point`."""

    name = "Ed25519"
    q = L25519
    one: Any = (0, 1, 1, 0)

    def __init__(self) -> None:
        super().__init__()
        self._parsed: dict[str, Point] = {}
        self.g: Any = self.parse("66" * 31 + "58")

    def mul(self, a: Any, b: Any) -> Any:
        p = P25519
        x1, y1, z1, t1 = a
        x2, y2, z2, t2 = b
        m = (y1 - x1) * (y2 - x2) % p
        n = (y1 + x1) * (y2 + x2) % p
        c = t1 * 2 * D25519 * t2 % p
        d = z1 * 2 * z2 % p
        e, f, g, h = n - m, d - c, d + c, n + m
        return e * f % p, g * h % p, f * g % p, e * h % p

    def _double(self, a: Point) -> Point:
        p = P25519
        x, y, z, _ = a
        s, t, c = x * x % p, y * y % p, 2 * z * z % p
        h = s + t
        e, g = h - (x + y) * (x + y) % p, s - t
        f = c + g
        return e * f % p, g * h % p, f * g % p, e * h % p

    def inv(self, a: Any) -> Any:
        return -a[0] % P25519, a[1], a[2], -a[3] % P25519

    def power(self, a: Any, n: int) -> Any:
        return self._power(a, n % self.q)

    def _power(self, a: Point, n: int) -> Point:
        """Four bits at a time; n is not reduced."""
        small: list[Point] = [self.one]
        for _ in range(15):
            small.append(self.mul(small[-1], a))
        r: Point = self.one
        for digit in f"{n:x}":
            for _ in range(4):
                r = self._double(r)
            r = self.mul(r, small[int(digit, 16)])
        return r

    def eq(self, a: Any, b: Any) -> bool:
        p = P25519
        return bool((a[0] * b[2] - b[0] * a[2]) % p == 0 == (a[1] * b[2] - b[1] * a[2]) % p)

    def ser(self, a: Any) -> str:
        z = pow(a[2], -1, P25519)
        x, y = a[0] * z % P25519, a[1] * z % P25519
        return f"{y | (x & 1) << 255:064x}"

    def parse(self, text: Any) -> Any:
        """The element; ValueError for every other text."""
        if text in self._parsed:
            return self._parsed[text]
        if not isinstance(text, str) or not re.fullmatch("[0-9a-f]{64}", text):
            raise ValueError("not 64 hex digits")
        p, value = P25519, int(text, 16)
        sign, y = value >> 255, value & (1 << 255) - 1
        if y >= p:
            raise ValueError("y is not below p")
        x2 = (y * y - 1) * pow(D25519 * y * y + 1, -1, p) % p
        x = pow(x2, (p + 3) // 8, p)
        if (x * x - x2) % p:
            x = x * pow(2, (p - 1) // 4, p) % p
        if (x * x - x2) % p or (x == 0 and sign):
            raise ValueError("not a point of the curve")
        if x & 1 != sign:
            x = p - x
        point = (x, y, 1, x * y % p)
        if not self.eq(self._power(point, self.q), self.one):
            raise ValueError("outside the prime-order subgroup")
        self._parsed[text] = point
        return point


class Belenios2048(Tables):
    """The subgroup of order q of the integers modulo the 2048-bit p; elements are integers."""

    name = "BELENIOS-2048"
    p = int(
        "20694785691422546401013643657505008064922989295751104097100884787057374219242717401922"
        "23725449768433812906663313807895840496005438963628979639303877390572280360597374942767"
        "13767776188985898727358650490811670993105358677809800307904916540637771737641986785272"
        "73474476341835600035698305193144284561701911000786737307333564123971732897913240474578"
        "83446826065232797464795113767265869358218004631792207366886005262718636338608879688212"
        "07694323661494910029234443463732221458841005864210502421203654335612013204811188524087"
        "31077014151666200162313177169372189248078507711827842317498073276598828825169183103125"
        "680162072880719"
    )
    q = 78571733251071885079927659812671450121821421258408794611510081919805623223441
    g: Any = int(
        "24023526775018522092276877035323999327122876573783649165100753187876632741463532193202"
        "85676155269678799694668298749389095083896573425601900601068477164491735474137283104610"
        "45868131451178164675540052740288984613986453266121505579709716201616827031288643245666"
        "38348636357821061549184199825343151897406581868686511513585764101388822153960160432288"
        "43603930989333662772848406593138406010231675095763777982665103606822406635076697764025"
        "34625377308513317349519424896775405257365904949247763147599157519877517771148149092045"
        "66002054781270547282381409725186398583341157005683536955534237814755824918960502966800"
        "37745308460627"
    )
    one: Any = 1

    def __init__(self) -> None:
        super().__init__()
        self._parsed: dict[str, int] = {}

    def mul(self, a: Any, b: Any) -> Any:
        return a * b % self.p

    def inv(self, a: Any) -> Any:
        return pow(a, -1, self.p)

    def power(self, a: Any, n: int) -> Any:
        return pow(a, n % self.q, self.p)

    def eq(self, a: Any, b: Any) -> bool:
        return bool(a == b)

    def ser(self, a: Any) -> str:
        return str(a)

    def parse(self, text: Any) -> Any:
        """The element; ValueError for every other text."""
        if text in self._parsed:
            return self._parsed[text]
        if not isinstance(text, str) or not re.fullmatch("[1-9][0-9]{0,616}", text):
            raise ValueError("not a decimal number")
        value = int(text)
        if not (0 < value < self.p and pow(value, self.q, self.p) == 1):
            raise ValueError("outside the subgroup of order q")
        self._parsed[text] = value
        return value


Group = Edwards25519 | Belenios2048
CURVE = Edwards25519()


GROUPS: dict[str, Group] = {"Ed25519": CURVE, "BELENIOS-2048": Belenios2048()}


def group_named(name: str) -> Group:
    return GROUPS[name]
