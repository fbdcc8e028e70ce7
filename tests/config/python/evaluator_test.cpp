#include "detforge/config/python/evaluate_module.h"

#include <gtest/gtest.h>

/// What texts evaluate to. The right sides are CPython's.
namespace detforge::python {
namespace {

struct Case {
  const char* text;
  const char* names;
};

std::string evaluated(const char* text) {
  std::vector<std::string> printed;
  return repr(run_alone(SourceText(std::make_shared<const Source>(Source{"a.py", text})), printed));
}

template <std::size_t size>
void expect_all(const Case (&cases)[size]) {
  for (const auto& [text, names] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(evaluated(text), names);
  }
}

constexpr Case kArithmetic[] = {
    {R"py(x = 1 + 2 * 3 ** 2 - -4 // 3 % 5)py", R"py({'x': 16})py"},
    {R"py(x = [7 // 2, -7 // 2, 7 // -2, 7 % -3, -7 % 3, 7.5 // 2, -7.5 // 2, 7.5 % -2, -7.5 % 2, 1e300 * 10])py",
     R"py({'x': [3, -4, -4, -2, 2, 3.0, -4.0, -0.5, 0.5, 1e+301]})py"},
    {R"py(x = [2 ** 10, 2 ** -1, 2.0 ** 3, (-2) ** 3, (-1) ** 1000001, 0 ** 0, 1 ** 100000, 0 ** 100, (-1) ** 4])py",
     R"py({'x': [1024, 0.5, 8.0, -8, -1, 1, 1, 0, 1]})py"},
    {R"py(x = [1 < 2 < 3, 1 < 3 < 2, 1 == 1.0, True == 1, 'a' < 'b', [1, 2] < [1, 3], (1,) < (1, 2), 1 != 2, None is None, 3 is not None])py",
     R"py({'x': [True, False, True, True, True, True, True, True, True, True]})py"},
    {R"py(x = [not 1, not [], 1 and 2, 0 or 'a', [] or {} or 5, 1 and 0 and 2])py", R"py({'x': [False, True, 2, 'a', 5, 0]})py"},
    {R"py(x = [{1: 2, **{3: 4}}, {'a': 1, 'a': 2}, dict(a=1, **dict(b=2)), dict([('x', 1)], y=2), {k: v for k, v in zip('ab', [1, 2])}, {1, 2, 1}, {i % 3 for i in range(9)}, {True: 'a', 1: 'b', 1.0: 'c'}])py",
     R"py({'x': [{1: 2, 3: 4}, {'a': 2}, {'a': 1, 'b': 2}, {'x': 1, 'y': 2}, {'a': 1, 'b': 2}, {1, 2}, {0, 1, 2}, {True: 'c'}]})py"},
    {R"py(x = [1 if True else 2, 'a' 'b', 0x1F, 0b11, 0o17, 1_000, 1e3, .5, 5., 1e-10, 1e16, 1e15, 123456789012.5, 0.1 + 0.2, 1/3, -0.0, 1e22, 1e21])py",
     R"py({'x': [1, 'ab', 31, 3, 15, 1000, 1000.0, 0.5, 5.0, 1e-10, 1e+16, 1000000000000000.0, 123456789012.5, 0.30000000000000004, 0.3333333333333333, -0.0, 1e+22, 1e+21]})py"},
    {R"py(x = [~5, 6 & 3, 6 | 3, 6 ^ 3, 1 << 5, 256 >> 3, -1 >> 1, True & False, True | False, True ^ True, {1, 2} & {2, 3}, {1, 2} | {3}, {1, 2} - {2}, {1, 2} ^ {2, 3}, {'a': 1} | {'b': 2}])py",
     R"py({'x': [-6, 2, 7, 5, 32, 32, -1, False, True, False, {2}, {1, 2, 3}, {1}, {1, 3}, {'a': 1, 'b': 2}]})py"},
    {R"py(x = [1.0, 1e100, 1.5e-7, 123456.789e3, float('nan') != float('nan'), 0.1, 100.0, 1e16, 12345678901234567.0, 5e-324, 1.7976931348623157e308])py",
     R"py({'x': [1.0, 1e+100, 1.5e-07, 123456789.0, True, 0.1, 100.0, 1e+16, 1.2345678901234568e+16, 5e-324, 1.7976931348623157e+308]})py"},
    {R"py(x = -(2 ** 62) * 2)py", R"py({'x': -9223372036854775808})py"},
    {R"py(x = 1 if True else 2 if False else 3)py", R"py({'x': 1})py"},
};

TEST(Evaluator, Arithmetic) { expect_all(kArithmetic); }

constexpr Case kText[] = {
    {R"py(x = ['a,b,,c'.split(','), ' a  b '.split(), 'a,b,c'.split(',', 1), 'a,b,c'.rsplit(',', 1), 'a b c'.split(None, 1), 'a\nb\r\nc'.splitlines(), 'a-b-c'.partition('-'), 'a-b-c'.rpartition('-'), 'abc'.partition('-')])py",
     R"py({'x': [['a', 'b', '', 'c'], ['a', 'b'], ['a', 'b,c'], ['a,b', 'c'], ['a', 'b c'], ['a', 'b', 'c'], ('a', '-', 'b-c'), ('a-b', '-', 'c'), ('abc', '', '')]})py"},
    {R"py(x = [' x '.strip(), 'xxaxx'.strip('x'), 'xxaxx'.lstrip('x'), 'xxaxx'.rstrip('x'), 'abc'.upper(), 'ABC'.lower(), 'hello world'.title(), 'hello'.capitalize(), 'aBc'.swapcase()])py",
     R"py({'x': ['x', 'a', 'axx', 'xxa', 'ABC', 'abc', 'Hello World', 'Hello', 'AbC']})py"},
    {R"py(x = ['abcabc'.replace('b', 'X'), 'abcabc'.replace('b', 'X', 1), 'abc'.replace('', '-'), 'aaa'.count('a'), 'abc'.find('c'), 'abc'.find('z'), 'abcb'.rfind('b'), 'abc'.index('b'), 'x'.zfill(3), '-5'.zfill(4), 'a'.ljust(3, '.'), 'a'.rjust(3), 'ab'.center(5), 'a'.center(4), 'abc'.center(6, '*')])py",
     R"py({'x': ['aXcaXc', 'aXcabc', '-a-b-c-', 3, 2, -1, 3, 1, '00x', '-005', 'a..', '  a', '  ab ', ' a  ', '*abc**']})py"},
    {R"py(x = ['abc'.startswith('ab'), 'abc'.endswith(('x', 'c')), 'abc'.isalpha(), '12'.isdigit(), 'a1'.isalnum(), ''.isdigit(), 'abc'.islower(), 'ABC'.isupper(), 'a_b'.isidentifier(), '1a'.isidentifier(), ' '.isspace(), 'abc'.removeprefix('a'), 'abc'.removesuffix('c')])py",
     R"py({'x': [True, True, True, True, True, False, True, True, True, False, True, 'bc', 'ab']})py"},
    {R"py(x = """a
b"""
y = '''c "d" '''
z = "a" + """b""" 'c')py",
     R"py({'x': 'a\nb', 'y': 'c "d" ', 'z': 'abc'})py"},
    {R"py(x = 'ab' * 2, 2 * 'ab', b'a' * 3, (1,) * 2)py", R"py({'x': ('abab', 'abab', b'aaa', (1, 1))})py"},
};

TEST(Evaluator, Text) { expect_all(kText); }

constexpr Case kFormatting[] = {
    {R"py(x = ['%d %s %5.2f|%-5d|%05d|%+d|%x|%X|%o|%e|%g|%r|%c|%%' % (1, 'a', 2.345, 3, 4, 5, 255, 255, 8, 12345.678, 0.00001, 'q', 'z')])py",
     R"py({'x': ["1 a  2.35|3    |00004|+5|ff|FF|10|1.234568e+04|1e-05|'q'|z|%"]})py"},
    {R"py(x = ['%(a)s-%(b)03d' % dict(a=1, b=2), '%s' % 3, '%s' % (4,), '%.3s|' % 'abcdef', '%*d|' % (5, 3), '%#x' % 255, '% d' % 5, '%.3d' % 7, '%i' % 3.9])py",
     R"py({'x': ['1-002', '3', '4', 'abc|', '    3|', '0xff', ' 5', '007', '3']})py"},
    {R"py(x = ['{} {}'.format(1, 2), '{0}{1}{0}'.format('a', 'b'), '{a}-{b}'.format(a=1, b=2), '{:>5}|{:<5}|{:^5}|{:*^7}'.format(1, 2, 3, 'x'), '{:.2f}'.format(3.14159), '{:,}'.format(1234567), '{:_}'.format(1234567)])py",
     R"py({'x': ['1 2', 'aba', '1-2', '    1|2    |  3  |***x***', '3.14', '1,234,567', '1_234_567']})py"},
    {R"py(x = ['{:05d}'.format(-42), '{:+.1e}'.format(12345.6), '{:%}'.format(0.25), '{:b} {:o} {:x} {:#X}'.format(5, 8, 255, 255), '{!r}'.format('a'), '{:{}}'.format(3, 5), '{0[0]} {1[k]}'.format([7], {'k': 8}), '{{}}'.format()])py",
     R"py({'x': ['-0042', '+1.2e+04', '25.000000%', '101 10 ff 0XFF', "'a'", '    3', '7 8', '{}']})py"},
    {R"py(x = [f'{1}{"a"!r}{2.5:.2f}{3:>4}', f'{{}}', f'{1 + 1 = }', f'{"x" * 3:^9}', f'{10:{4}d}', f'{[i for i in range(3)]}', f'{dict(a=1)["a"]}', f'{3.0}', f'{1e20} {1e-7} {123456789.123}'])py",
     R"py({'x': ["1'a'2.50   3", '{}', '1 + 1 = 2', '   xxx   ', '  10', '[0, 1, 2]', '1', '3.0', '1e+20 1e-07 123456789.123']})py"},
    {R"py(x = ['abc'[0], 'abc'[-1], 'abc'[1:], 'abc'[::-1], 'abcdef'[1:5:2], 'äöü'[1], len('äöü'), 'äöü'[::-1]])py",
     R"py({'x': ['a', 'c', 'bc', 'cba', 'bd', 'ö', 3, 'üöä']})py"},
    {R"py(x = [int('12'), int(' -3 '), int(3.9), int(-3.9), int('ff', 16), int('0x1F', 16), int('0b11', 0), int('1_000'), int(True), float('1.5'), float('inf'), float('-inf'), float('1e3'), float(' 2 '), float('.5'), str(1.0), str(None), str([1, 'a']), bool([]), bool('x')])py",
     R"py({'x': [12, -3, 3, -3, 255, 31, 3, 1000, 1, 1.5, inf, -inf, 1000.0, 2.0, 0.5, '1.0', 'None', "[1, 'a']", False, True]})py"},
    {R"py(x = [isinstance(1, int), isinstance(True, int), isinstance(1.0, int), isinstance([], (list, tuple)), isinstance('a', str), type(1) is int, type('a') == str, callable(len), repr('a'), format(3.14159, '.2f'), len({1: 2}), next(iter([5, 6]))])py",
     R"py({'x': [True, True, False, True, True, True, True, True, "'a'", '3.14', 1, 5]})py"},
    {R"py(x = ['{:10.3f}|{:<10}|{:>+8d}|{:^8s}|{:08.2f}|{: d}'.format(3.14159, 'ab', 5, 'x', -1.5, 7), '{:e}'.format(0.0), '{:g} {:g} {:g}'.format(1e-5, 123456789, 0.5), '{:.3g}'.format(1234.5), '{:#.3g}'.format(1.0), '{:.0f}'.format(2.5), '{:s}'.format('q'), '{:n}'.format(5), '{:c}'.format(65), '{:08,d}'.format(1234), '{:.4}'.format('abcdefg'), '{:.3}'.format(3.14159), '{:.1}'.format(10.0), '{:5}'.format(True), '{:d}'.format(True)])py",
     R"py({'x': ['     3.142|ab        |      +5|   x    |-0001.50| 7', '0.000000e+00', '1e-05 1.23457e+08 0.5', '1.23e+03', '1.00', '2', 'q', '5', 'A', '0,001,234', 'abcd', '3.14', '1e+01', '    1', '1']})py"},
    {R"py(x = [str(1e16), '%s' % 0.1, '%.10g' % 0.1, '%5s|%-5s|' % ('a', 'b'), '%s %s' % ((1, 2), [3]), '%r' % ('a',), '%d%%' % 5, '%05.1f' % 2.25, '%+.2e' % 0.000123, '%G' % 1e-10])py",
     R"py({'x': ['1e+16', '0.1', '0.1', '    a|b    |', '(1, 2) [3]', "'a'", '5%', '002.2', '+1.23e-04', '1E-10']})py"},
};

TEST(Evaluator, Formatting) { expect_all(kFormatting); }

constexpr Case kBuiltins[] = {
    {R"py(x = [round(2.5), round(3.5), round(-2.5), round(2.675, 2), round(1234, -2), round(1250, -2), round(1350, -2), round(-15, -1), round(1.25, 1), round(5), abs(-3), abs(-2.5), abs(True)])py",
     R"py({'x': [2, 4, -2, 2.67, 1200, 1200, 1400, -20, 1.2, 5, 3, 2.5, 1]})py"},
    {R"py(x = [min(3, 1, 2), max([3, 1, 2]), min([], default=5), max('abc'), min(['bb', 'a'], key=len), sum([1, 2.5]), sum([[1], [2]], []), sorted([3, 1, 2], reverse=True), sorted('bca'), sorted(['bb', 'a', 'cc'], key=len, reverse=True), sum((i for i in range(4)), 10)])py",
     R"py({'x': [1, 3, 5, 'c', 'a', 3.5, [1, 2], [3, 2, 1], ['a', 'b', 'c'], ['bb', 'cc', 'a'], 16]})py"},
    {R"py(x = [any([0, 1]), all([]), all([1, 0]), list(zip([1, 2], 'ab', (3, 4, 5))), list(enumerate('ab', 1)), list(map(str, [1, 2])), list(filter(None, [0, 1, 2])), list(reversed([1, 2, 3])), divmod(7, 2), divmod(-7, 2), pow(2, 5), chr(228), ord('a'), hex(255), oct(8), bin(5), hex(-1)])py",
     R"py({'x': [True, True, False, [(1, 'a', 3), (2, 'b', 4)], [(1, 'a'), (2, 'b')], ['1', '2'], [1, 2], [3, 2, 1], (3, 1), (-4, 1), 32, 'ä', 97, '0xff', '0o10', '0b101', '-0x1']})py"},
    {R"py(x = sorted([(2, 'b'), (1, 'a'), (2, 'a')]), sorted({'b': 1, 'a': 2}), max((1, 2), (1, 3)), min('b', 'a'), sorted([1.5, 1, True]))py",
     R"py({'x': ([(1, 'a'), (2, 'a'), (2, 'b')], ['a', 'b'], (1, 3), 'a', [1, True, 1.5])})py"},
};

TEST(Evaluator, Builtins) { expect_all(kBuiltins); }

constexpr Case kContainers[] = {
    {R"py(x = [[1, 2, 3][::2], [1, 2, 3][-2:], [1, 2, 3][5:], [1, 2, 3][:-5], (1, 2, 3)[1:], list(range(10))[8:2:-2], list(range(10))[::-3], range(10)[2:8:3]] if False else [list(range(10)[2:8:3]), list(range(10)[::-1]), range(5)[-1], len(range(0, 10, 3))])py",
     R"py({'x': [[2, 5], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], 4, 4]})py"},
    {R"py(x = [[*range(3), *'ab'], (*[1], 2), [i for i in range(10) if i % 2 if i > 3], [(i, j) for i in range(3) for j in range(i)], [[j for j in range(i)] for i in range(3)]])py",
     R"py({'x': [[0, 1, 2, 'a', 'b'], (1, 2), [5, 7, 9], [(1, 0), (2, 0), (2, 1)], [[], [0], [0, 1]]]})py"},
    {R"py(x = 'a' in 'abc', 'd' not in 'abc', 1 in [1], 2 in (1,), 'k' in {'k': 1}, 3 in {1, 2}, 4 in range(0, 10, 2), 5 in range(0, 10, 2))py",
     R"py({'x': (True, True, True, False, True, False, True, False)})py"},
    {R"py(x = [i for i, in [(1,), (2,)]], [a + b for a, b in [(1, 2)]], {a: b for a, (b, c) in [(1, (2, 3))]}, [x for x in 'ab' for y in 'cd'])py",
     R"py({'x': ([1, 2], [3], {1: 2}, ['a', 'a', 'b', 'b'])})py"},
    {R"py(x = {1: [2, (3, {4: {5}})]})py", R"py({'x': {1: [2, (3, {4: {5}})]}})py"},
    {R"py(x = [1] * 3 + [2] * -1 + 2 * [5])py", R"py({'x': [1, 1, 1, 5, 5]})py"},
    {R"py(x = True; y = False; z = None)py", R"py({'x': True, 'y': False, 'z': None})py"},
    {R"py(x = 9223372036854775807)py", R"py({'x': 9223372036854775807})py"},
    {R"py(x = -9223372036854775808)py", R"py({'x': -9223372036854775808})py"},
};

TEST(Evaluator, Containers) { expect_all(kContainers); }

constexpr Case kStatements[] = {
    {R"py(a = [1, 2, 3]
a.append(4)
a.insert(1, 9)
a.extend((5, 6))
b = a.pop()
c = a.pop(0)
a.remove(9)
a.reverse()
d = a.index(3)
e = a.count(4)
f = a.copy()
f.sort()
a += [7]
a *= 2)py",
     R"py({'a': [5, 4, 3, 2, 7, 5, 4, 3, 2, 7], 'b': 6, 'c': 1, 'd': 2, 'e': 1, 'f': [2, 3, 4, 5]})py"},
    {R"py(a = [1, 2, 3, 4, 5]
a[1:3] = [9, 9, 9]
del a[0]
a[::2] = [0] * len(a[::2])
del a[-2:]
a[5:] = 'xy')py",
     R"py({'a': [0, 9, 0, 'x', 'y']})py"},
    {R"py(d = dict(a=1, b=2)
d['c'] = 3
e = d.pop('a')
f = d.get('zz', 5)
d.update(b=9, z=1)
g = d.setdefault('q', [])
g.append(1)
h = list(d.items())
i = list(d)
del d['c']
j = d.copy()
j.clear()
k = d.popitem())py",
     R"py({'d': {'b': 9, 'z': 1}, 'e': 1, 'f': 5, 'g': [1], 'h': [('b', 9), ('c', 3), ('z', 1), ('q', [1])], 'i': ['b', 'c', 'z', 'q'], 'j': {}, 'k': ('q', [1])})py"},
    {R"py(a, *b, c = range(5)
(d, e), f = (1, 2), 3
g = h = []
g.append(1)
i, j = j_, k_ = 1, 2)py",
     R"py({'a': 0, 'b': [1, 2, 3], 'c': 4, 'd': 1, 'e': 2, 'f': 3, 'g': [1], 'h': [1], 'i': 1, 'j': 2, 'j_': 1, 'k_': 2})py"},
    {R"py(for i, c in enumerate('ab'):
    if i == 1:
        continue
    x = c
else:
    y = 1
while True:
    break
else:
    z = 1)py",
     R"py({'i': 1, 'c': 'b', 'x': 'a', 'y': 1})py"},
    {R"py(try:
    x = {}['a']
except (KeyError, ValueError):
    x = 1
else:
    x = 2
finally:
    y = 3
try:
    1 / 0
except ArithmeticError:
    z = 1
try:
    pass
except Exception:
    pass
else:
    w = 1)py",
     R"py({'x': 1, 'y': 3, 'z': 1, 'w': 1})py"},
    {R"py(x = [y := 3, y + 1]
z = [w for v in range(3) if (w := v * 2)])py",
     R"py({'y': 3, 'x': [3, 4], 'w': 4, 'z': [2, 4]})py"},
    {R"py(x = 5
x -= 2
x **= 2
x //= 2
x %= 3
x <<= 3
x |= 1
x ^= 3
x &= 7
x >>= 1
y = 7
y /= 2)py",
     R"py({'x': 1, 'y': 3.5})py"},
    {R"py(a = {'x': {'y': [1, 2]}}
a['x']['y'][0] += 5
a['x']['z'] = a['x']['y']
a['x']['z'].append(3))py",
     R"py({'a': {'x': {'y': [6, 2, 3], 'z': [6, 2, 3]}}})py"},
    {R"py(x = 3 if 0 else 4 if 0 else 5
y = (1,)
z = 1,
w = ()
v = not 1 == 2
u = -2 ** 2
t = 2 ** -2 ** 0
s = 1 if [] else {})py",
     R"py({'x': 5, 'y': (1,), 'z': (1,), 'w': (), 'v': True, 'u': -4, 't': 0.5, 's': {}})py"},
    {R"py(x = dict(a=1)
x['b'] = x.get('a')
y = {**x, 'a': [*x]}
z = list(x.values()) + list(x.keys()))py",
     R"py({'x': {'a': 1, 'b': 1}, 'y': {'a': ['a', 'b'], 'b': 1}, 'z': [1, 1, 'a', 'b']})py"},
    {R"py(if 1: x = 1; y = 2
elif 0: z = 3
else: w = 4)py",
     R"py({'x': 1, 'y': 2})py"},
    {R"py(x = (1 +
     2)
y = [
    1,  # c
    2,
]
z = 'a' \
    'b')py",
     R"py({'x': 3, 'y': [1, 2], 'z': 'ab'})py"},
    {R"py(x: int = 3
y: 'str'
(z): int = 4)py",
     R"py({'x': 3, 'z': 4})py"},
    {R"py(x = 1
del x
y = 2)py",
     R"py({'y': 2})py"},
    {R"py(assert 1 == 1, 'no'
x = 1)py",
     R"py({'x': 1})py"},
    {R"py(for i in range(3): x = i)py", R"py({'i': 2, 'x': 2})py"},
    {R"py(x = a = b = [1]
x += [2])py",
     R"py({'x': [1, 2], 'a': [1, 2], 'b': [1, 2]})py"},
    {R"py(a = []
b = [a, a]
a.append(1))py",
     R"py({'a': [1], 'b': [[1], [1]]})py"},
};

TEST(Evaluator, Statements) { expect_all(kStatements); }

constexpr Case kModules[] = {
    {R"py(import math
a = [math.sqrt(2), math.ceil(1.2), math.floor(-1.2), math.log(8, 2), math.log10(1000), math.exp(1), math.pow(2, 3), math.gcd(12, 18), math.prod([1, 2, 3]), math.pi, math.inf, math.trunc(-1.5), math.hypot(3, 4), math.isnan(math.nan)])py",
     R"py({'a': [1.4142135623730951, 2, -2, 3.0, 3.0, 2.718281828459045, 8.0, 6, 6, 3.141592653589793, inf, -1, 5.0, True]})py"},
    {R"py(import os.path as osp
import os
a = [osp.join('a', 'b', '/c'), osp.join('a/', 'b'), osp.basename('a/b.c'), osp.dirname('a/b.c'), osp.splitext('a/b.tar.gz'), osp.splitext('.bashrc'), osp.splitext('a/..x'), osp.split('/a/b'), osp.split('/'), osp.normpath('a/../b/./c//d/'), osp.isabs('/a'), os.path.dirname('/a'), osp.split('a//b')])py",
     R"py({'a': ['/c', 'a/b', 'b.c', 'a', ('a/b.tar', '.gz'), ('.bashrc', ''), ('a/..x', ''), ('/a', 'b'), ('/', ''), 'b/c/d', True, '/', ('a', 'b')]})py"},
    {R"py(import copy
a = [[1]]
b = copy.copy(a)
c = copy.deepcopy(a)
a[0].append(2))py",
     R"py({'a': [[1, 2]], 'b': [[1, 2]], 'c': [[1]]})py"},
    {R"py(from os import path
x = path.join('a', 'b'))py",
     R"py({'x': 'a/b'})py"},
    {R"py(import os, os.path as osp
a = ['data' + os.sep + 'coco', osp.sep, os.pathsep, 'DETFORGE_UNSET' in os.environ, 'PATH' in os.environ]
b = [os.environ['HOME'] == os.getenv('HOME'), osp.expanduser('~/a') == os.environ['HOME'] + '/a', osp.expanduser('a/~'), osp.expanduser('~x')]
c = [osp.abspath('a/../b') == os.getcwd() + '/b', osp.abspath('/a/./b/')]
try:
    d = os.environ['DETFORGE_UNSET']
except KeyError:
    d = 'none')py",
     R"py({'a': ['data/coco', '/', ':', False, True], 'b': [True, True, 'a/~', '~x'], 'c': [True, '/a/b'], 'd': 'none'})py"},
    {R"py(import mmcv
import numpy as np
from mmcv import Config
x = 1)py",
     R"py({'x': 1})py"},
    {R"py(from copy import deepcopy as dc
x = dc([1]))py",
     R"py({'x': [1]})py"},
};

TEST(Evaluator, Modules) { expect_all(kModules); }

}  // namespace
}  // namespace detforge::python
