#include "detforge/config/python/parser.h"

#include <gtest/gtest.h>

/// What is no syntax of a config, told with its place.
namespace detforge::python {
namespace {

struct Case {
  const char* text;
  const char* error;
};

template <std::size_t size>
void expect_errors(const Case (&cases)[size]) {
  for (const auto& [text, error] : cases) {
    SCOPED_TRACE(text);
    try {
      parse(SourceText(std::make_shared<const Source>(Source{"a.py", text})));
      ADD_FAILURE() << "no error";
    } catch (const Error& thrown) {
      EXPECT_STREQ(thrown.what(), error);
    }
  }
}

constexpr Case kSyntax[] = {
    {R"py(x = (1
y = 2)py",
     R"(error: '(' was never closed
 --> a.py:1:5
  |
1 | x = (1
  |     ^)"},
    {R"py(x = [1, 2)py",
     R"(error: '[' was never closed
 --> a.py:1:5
  |
1 | x = [1, 2
  |     ^)"},
    {R"py(x = 'abc)py",
     R"(error: this string has no end
 --> a.py:1:5
  |
1 | x = 'abc
  |     ^^^^)"},
    {R"py(x = """abc
d)py",
     R"(error: this string has no end
 --> a.py:1:5
  |
1 | x = """abc
  |     ^^^)"},
    {R"py(x = 1 +)py",
     R"(error: something is missing at the end of this line
 --> a.py:1:8
  |
1 | x = 1 +
  |        ^)"},
    {R"py(x = [1 2])py",
     R"(error: '2' makes no sense here; is a comma missing?
 --> a.py:1:8
  |
1 | x = [1 2]
  |        ^)"},
    {R"py(x = [1,,2])py",
     R"(error: ',' makes no sense here
 --> a.py:1:8
  |
1 | x = [1,,2]
  |        ^)"},
    {R"py(x = dict(a=1 b=2))py",
     R"(error: 'b' makes no sense here; is a comma missing?
 --> a.py:1:14
  |
1 | x = dict(a=1 b=2)
  |              ^)"},
    {R"py(x = dict(a=1, b))py",
     R"(error: an argument without a name follows one with a name
 --> a.py:1:15
  |
1 | x = dict(a=1, b)
  |               ^)"},
    {R"py(x = dict(a=1, a=2))py",
     R"(error: 'a' is given twice
 --> a.py:1:15
  |
1 | x = dict(a=1, a=2)
  |               ^)"},
    {R"py(x = {1: 2, 3})py",
     R"(error: expected ':', got '}'
 --> a.py:1:13
  |
1 | x = {1: 2, 3}
  |             ^)"},
    {R"py(x = (1])py",
     R"(error: ']' does not close '('
 --> a.py:1:7
  |
1 | x = (1]
  |       ^)"},
    {R"py(x = 1))py",
     R"(error: ')' closes nothing
 --> a.py:1:6
  |
1 | x = 1)
  |      ^)"},
    {R"py(x = 09)py",
     R"(error: '09' starts with a zero: an octal number is written '0o…'
 --> a.py:1:5
  |
1 | x = 09
  |     ^^)"},
    {R"py(x = 1__0)py",
     R"(error: '1__0' is no number
 --> a.py:1:5
  |
1 | x = 1__0
  |     ^^^^)"},
    {R"py(x = 0xG)py",
     R"(error: '0xG' is no number
 --> a.py:1:5
  |
1 | x = 0xG
  |     ^^^)"},
    {R"py(x = 12abc)py",
     R"(error: '12abc' is no number
 --> a.py:1:5
  |
1 | x = 12abc
  |     ^^^^^)"},
    {R"py(x = 9223372036854775808)py",
     R"(error: '9223372036854775808' does not fit 64 bits
 --> a.py:1:5
  |
1 | x = 9223372036854775808
  |     ^^^^^^^^^^^^^^^^^^^)"},
    {R"py(x = 1j)py",
     R"(error: '1j' is complex: a config holds no complex numbers
 --> a.py:1:5
  |
1 | x = 1j
  |     ^^)"},
    {R"py(x = $5)py",
     R"(error: unexpected character '$'
 --> a.py:1:5
  |
1 | x = $5
  |     ^)"},
    {R"py(x = “a”)py",
     R"(error: unexpected character '“'
 --> a.py:1:5
  |
1 | x = “a”
  |     ^)"},
    {"x = 5\xC2\xA0+ 1", "error: unexpected U+00A0, a no-break space\n --> a.py:1:6\n  |\n1 | x = 5\xC2\xA0+ 1\n  |      ^"},
    {R"py(x = '\x4')py",
     R"(error: this escape needs 2 hexadecimal digits
 --> a.py:1:6
  |
1 | x = '\x4'
  |      ^^)"},
    {R"py(x = '\N{DASH}')py",
     R"(error: '\N{…}' is not known here: write the character itself
 --> a.py:1:6
  |
1 | x = '\N{DASH}'
  |      ^^)"},
    {R"py(x = b'é')py",
     R"(error: bytes can only hold ASCII characters
 --> a.py:1:7
  |
1 | x = b'é'
  |       ^)"},
    {R"py(x = 'a' b'b')py",
     R"(error: bytes and str stand side by side
 --> a.py:1:9
  |
1 | x = 'a' b'b'
  |         ^^^^)"},
    {R"py(x = f'{')py",
     R"(error: '{' has no '}' in this f-string
 --> a.py:1:7
  |
1 | x = f'{'
  |       ^)"},
    {R"py(x = f'{}')py",
     R"(error: nothing between the braces of an f-string
 --> a.py:1:7
  |
1 | x = f'{}'
  |       ^)"},
    {R"py(x = f'}')py",
     R"(error: '}' stands alone in an f-string; double it
 --> a.py:1:7
  |
1 | x = f'}'
  |       ^)"},
    {R"py(x = f'{1!x}')py",
     R"(error: after '!' stands 'r', 's' or 'a'
 --> a.py:1:9
  |
1 | x = f'{1!x}'
  |         ^)"},
    {R"py(x = f'{"\n"}')py",
     R"(error: an expression in an f-string cannot hold a backslash
 --> a.py:1:9
  |
1 | x = f'{"\n"}'
  |         ^)"},
    {R"py(x = \ 1)py",
     R"(error: unexpected character after a backslash
 --> a.py:1:5
  |
1 | x = \ 1
  |     ^)"},
    {R"py(x = ...)py",
     R"(error: '...' is no value that a config can hold
 --> a.py:1:5
  |
1 | x = ...
  |     ^^^)"},
    {R"py(1 = x)py",
     R"(error: cannot assign to a constant
 --> a.py:1:1
  |
1 | 1 = x
  | ^)"},
    {R"py(f(x) = 1)py",
     R"(error: cannot assign to a call
 --> a.py:1:1
  |
1 | f(x) = 1
  | ^^^^)"},
    {R"py(x = a := 2)py",
     R"(error: ':=' makes no sense here
 --> a.py:1:7
  |
1 | x = a := 2
  |       ^^)"},
    {R"py(x, *y, *z = 1, 2)py",
     R"(error: a second starred target in one list
 --> a.py:1:8
  |
1 | x, *y, *z = 1, 2
  |        ^^)"},
    {R"py(x = *a)py",
     R"(error: a starred value needs a comma beside it
 --> a.py:1:5
  |
1 | x = *a
  |     ^^)"},
    {R"py(  x = 1)py",
     R"(error: this line is indented without reason
 --> a.py:1:1
  |
1 |   x = 1
  | ^^)"},
    {R"py(x = 1
  y = 2)py",
     R"(error: this line is indented without reason
 --> a.py:2:1
  |
2 |   y = 2
  | ^^)"},
    {R"py(if 1:
x = 2)py",
     R"(error: an indented block is missing after ':'
 --> a.py:1:6
  |
1 | if 1:
  |      ^)"},
    {R"py(if 1:
    x = 2
  y = 3)py",
     R"(error: this line is indented like no block around it
 --> a.py:3:3
  |
3 |   y = 3
  |   ^)"},
    {R"py(else: x = 1)py",
     R"(error: 'else' is not allowed: nothing is above it that could have an 'else'
 --> a.py:1:1
  |
1 | else: x = 1
  | ^^^^)"},
    {R"py(x = 1 if 2)py",
     R"(error: expected 'else' here
 --> a.py:1:11
  |
1 | x = 1 if 2
  |           ^)"},
    {R"py(for x in: pass)py",
     R"(error: ':' makes no sense here
 --> a.py:1:9
  |
1 | for x in: pass
  |         ^)"},
    {R"py(for 1 in [2]: pass)py",
     R"(error: cannot assign to a constant
 --> a.py:1:5
  |
1 | for 1 in [2]: pass
  |     ^)"},
    {R"py(try: x = 1)py",
     R"(error: 'try' needs an 'except' or a 'finally'
 --> a.py:1:11
  |
1 | try: x = 1
  |           ^)"},
    {R"py(try:
    x = 1
except KeyError as e:
    y = 1)py",
     R"(error: an exception is no value here: write 'except' without 'as'
 --> a.py:3:17
  |
3 | except KeyError as e:
  |                 ^^)"},
    {R"py(break)py",
     R"(error: 'break' stands outside a loop
 --> a.py:1:1
  |
1 | break
  | ^^^^^)"},
    {R"py(del 1)py",
     R"(error: cannot assign to a constant
 --> a.py:1:5
  |
1 | del 1
  |     ^)"},
    {R"py(import a.)py",
     R"(error: something is missing at the end of this line
 --> a.py:1:10
  |
1 | import a.
  |          ^)"},
    {R"py(from . import a)py",
     R"(error: a config imports nothing from beside it; inherit by '_base_'
 --> a.py:1:6
  |
1 | from . import a
  |      ^)"},
    {R"py(from math import *)py",
     R"(error: 'import *' is not allowed: name what is taken
 --> a.py:1:18
  |
1 | from math import *
  |                  ^)"},
};

TEST(Parser, SaysWhereASyntaxErrorIs) { expect_errors(kSyntax); }

}  // namespace
}  // namespace detforge::python
