#include "detforge/config/python/evaluate_module.h"

#include <gtest/gtest.h>

/// What goes wrong while a config is evaluated, told with its place.
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
      std::vector<std::string> printed;
      run_alone(SourceText(std::make_shared<const Source>(Source{"a.py", text})), printed);
      ADD_FAILURE() << "no error";
    } catch (const Error& thrown) {
      EXPECT_STREQ(thrown.what(), error);
    }
  }
}

constexpr Case kRefused[] = {
    {R"py(def f(): pass)py",
     R"(error: 'def' is not allowed: a config is data, it has no functions of its own
 --> a.py:1:1
  |
1 | def f(): pass
  | ^^^)"},
    {R"py(class A: pass)py",
     R"(error: 'class' is not allowed: a config is data, it has no classes of its own
 --> a.py:1:1
  |
1 | class A: pass
  | ^^^^^)"},
    {R"py(with open('x') as f: pass)py",
     R"(error: 'with' is not allowed: nothing in a config is opened or imported; inherit by '_base_'
 --> a.py:1:1
  |
1 | with open('x') as f: pass
  | ^^^^)"},
    {R"py(x = lambda: 1)py",
     R"(error: 'lambda' is not allowed: a config is data, it has no functions of its own
 --> a.py:1:5
  |
1 | x = lambda: 1
  |     ^^^^^^)"},
    {R"py(async def f(): pass)py",
     R"(error: 'async' is not allowed: a config is data
 --> a.py:1:1
  |
1 | async def f(): pass
  | ^^^^^)"},
    {R"py(return 1)py",
     R"(error: 'return' is not allowed: a config has no functions
 --> a.py:1:1
  |
1 | return 1
  | ^^^^^^)"},
    {R"py(x = yield 1)py",
     R"(error: 'yield' is not allowed: a config is data
 --> a.py:1:5
  |
1 | x = yield 1
  |     ^^^^^)"},
    {R"py(global x)py",
     R"(error: 'global' is not allowed: a config has no functions
 --> a.py:1:1
  |
1 | global x
  | ^^^^^^)"},
    {R"py(x = open('a'))py",
     R"(error: 'open' is not allowed: a config runs, opens and inspects nothing
 --> a.py:1:5
  |
1 | x = open('a')
  |     ^^^^)"},
    {R"py(x = eval('1'))py",
     R"(error: 'eval' is not allowed: a config runs, opens and inspects nothing
 --> a.py:1:5
  |
1 | x = eval('1')
  |     ^^^^)"},
    {R"py(import sys
x = sys.path)py",
     R"(error: 'sys' cannot be imported: a config runs no code of others
 --> a.py:2:5
  |
2 | x = sys.path
  |     ^^^
  = help: these can be imported: collections, copy, math, os, os.environ, os.path)"},
    {R"py(from mmcv import Config as max
x = max(1, 2))py",
     R"(error: 'mmcv' cannot be imported: a config runs no code of others
 --> a.py:2:5
  |
2 | x = max(1, 2)
  |     ^^^
  = help: these can be imported: collections, copy, math, os, os.environ, os.path)"},
    {R"py(import no_such_module.part
x = 1)py",
     R"(error: 'no_such_module.part' cannot be imported: a config runs no code of others
 --> a.py:1:8
  |
1 | import no_such_module.part
  |        ^^^^^^^^^^^^^^^^^^^
  = help: these can be imported: collections, copy, math, os, os.environ, os.path)"},
    {R"py(import os
x = os.environ['DETFORGE_UNSET'])py",
     R"(error: the environment has no variable 'DETFORGE_UNSET'
 --> a.py:2:16
  |
2 | x = os.environ['DETFORGE_UNSET']
  |                ^^^^^^^^^^^^^^^^
  = help: set it, or write os.environ.get('DETFORGE_UNSET', default))"},
    {R"py(import os
x = os.path.exists('/data'))py",
     R"(error: 'os.path' has no 'exists' here: a config looks at no files
 --> a.py:2:13
  |
2 | x = os.path.exists('/data')
  |             ^^^^^^
  = help: write the value itself, or give it by --cfg-options)"},
    {"if True:\n\tx = 1\n        x = 2",
     R"(error: tabs and spaces are mixed so that the indentation depends on the width of a tab; use one of them
 --> a.py:3:9
  |
3 |         x = 2
  |         ^)"},
    {R"py(from math import foo)py",
     R"(error: 'math' has no 'foo' here
 --> a.py:1:18
  |
1 | from math import foo
  |                  ^^^)"},
    {R"py(from os import sqrt)py",
     R"(error: 'os' has no 'sqrt' here
 --> a.py:1:16
  |
1 | from os import sqrt
  |                ^^^^)"},
};

TEST(EvaluatorErrors, RefusesWhatIsNoData) { expect_errors(kRefused); }

constexpr Case kEvaluation[] = {
    {R"py(x = undefined)py",
     R"(error: the name 'undefined' is not defined
 --> a.py:1:5
  |
1 | x = undefined
  |     ^^^^^^^^^)"},
    {R"py(learning_rate = 1
x = lerning_rate)py",
     R"(error: the name 'lerning_rate' is not defined; did you mean 'learning_rate'?
 --> a.py:2:5
  |
2 | x = lerning_rate
  |     ^^^^^^^^^^^^)"},
    {R"py(x = lne([1]))py",
     R"(error: the name 'lne' is not defined; did you mean 'len'?
 --> a.py:1:5
  |
1 | x = lne([1])
  |     ^^^)"},
    {R"py(x = {'depth': 1}['dept'])py",
     R"(error: there is no key 'dept'; did you mean 'depth'?
 --> a.py:1:18
  |
1 | x = {'depth': 1}['dept']
  |                  ^^^^^^)"},
    {R"py(x = {1: 2}[3])py",
     R"(error: there is no key 3
 --> a.py:1:12
  |
1 | x = {1: 2}[3]
  |            ^)"},
    {R"py(x = [1, 2][2])py",
     R"(error: index 2 is outside a list of 2
 --> a.py:1:12
  |
1 | x = [1, 2][2]
  |            ^)"},
    {R"py(x = 'abc'[5])py",
     R"(error: index 5 is outside a str of 3
 --> a.py:1:11
  |
1 | x = 'abc'[5]
  |           ^)"},
    {R"py(x = [1]['a'])py",
     R"(error: the index of a list has to be an int, not a str
 --> a.py:1:9
  |
1 | x = [1]['a']
  |         ^^^)"},
    {R"py(x = 'abc'.uper())py",
     R"(error: a str has no 'uper'; did you mean 'upper'?
 --> a.py:1:11
  |
1 | x = 'abc'.uper()
  |           ^^^^)"},
    {R"py(x = None.foo)py",
     R"(error: a NoneType has no 'foo'
 --> a.py:1:10
  |
1 | x = None.foo
  |          ^^^)"},
    {R"py(x = dict(a=1)
x.a = 2)py",
     R"(error: a dict has no attributes to set
 --> a.py:2:3
  |
2 | x.a = 2
  |   ^)"},
    {R"py(x = 1 + 'a')py",
     R"(error: '+' is not defined between int and str
 --> a.py:1:5
  |
1 | x = 1 + 'a'
  |     ^^^^^^^)"},
    {R"py(x = 1 < 'a')py",
     R"(error: '<' is not defined between int and str
 --> a.py:1:5
  |
1 | x = 1 < 'a'
  |     ^^^^^^^)"},
    {R"py(x = -'a')py",
     R"(error: '-' is not defined for a str
 --> a.py:1:5
  |
1 | x = -'a'
  |     ^^^^)"},
    {R"py(x = 1 / 0)py",
     R"(error: division by zero
 --> a.py:1:5
  |
1 | x = 1 / 0
  |     ^^^^^)"},
    {R"py(x = 2 ** 64)py",
     R"(error: the result does not fit 64 bits
 --> a.py:1:5
  |
1 | x = 2 ** 64
  |     ^^^^^^^)"},
    {R"py(x = 10 ** 30)py",
     R"(error: the result does not fit 64 bits
 --> a.py:1:5
  |
1 | x = 10 ** 30
  |     ^^^^^^^^)"},
    {R"py(x = (-8) ** 0.5)py",
     R"(error: a root of a negative number is complex: a config holds no complex numbers
 --> a.py:1:5
  |
1 | x = (-8) ** 0.5
  |     ^^^^^^^^^^^)"},
    {R"py(x = 'a' in 5)py",
     R"(error: 'in' is not defined for an int
 --> a.py:1:5
  |
1 | x = 'a' in 5
  |     ^^^^^^^^)"},
    {R"py(x = [] in {1})py",
     R"(error: a list can be no key and no element of a set
 --> a.py:1:5
  |
1 | x = [] in {1}
  |     ^^^^^^^^^)"},
    {R"py(x = {[1]: 2})py",
     R"(error: a list can be no key and no element of a set
 --> a.py:1:5
  |
1 | x = {[1]: 2}
  |     ^^^^^^^^)"},
    {R"py(x = 5())py",
     R"(error: an int cannot be called
 --> a.py:1:5
  |
1 | x = 5()
  |     ^^^)"},
    {R"py(x = len(5))py",
     R"(error: an int has no length
 --> a.py:1:5
  |
1 | x = len(5)
  |     ^^^^^^)"},
    {R"py(x = len())py",
     R"(error: len() takes 1 argument, got 0
 --> a.py:1:5
  |
1 | x = len()
  |     ^^^^^)"},
    {R"py(x = max())py",
     R"(error: max() takes at least 1 argument, got 0
 --> a.py:1:5
  |
1 | x = max()
  |     ^^^^^)"},
    {R"py(x = max([]))py",
     R"(error: max() of nothing
 --> a.py:1:5
  |
1 | x = max([])
  |     ^^^^^^^)"},
    {R"py(x = int('abc'))py",
     R"(error: 'abc' is no int
 --> a.py:1:5
  |
1 | x = int('abc')
  |     ^^^^^^^^^^)"},
    {R"py(x = int([]))py",
     R"(error: int() takes a number or a str, not a list
 --> a.py:1:5
  |
1 | x = int([])
  |     ^^^^^^^)"},
    {R"py(x = float('a'))py",
     R"(error: 'a' is no float
 --> a.py:1:5
  |
1 | x = float('a')
  |     ^^^^^^^^^^)"},
    {R"py(x = dict(1))py",
     R"(error: cannot iterate over an int
 --> a.py:1:5
  |
1 | x = dict(1)
  |     ^^^^^^^)"},
    {R"py(x = dict([(1, 2, 3)]))py",
     R"(error: a dict is made of pairs, not of 3 elements
 --> a.py:1:5
  |
1 | x = dict([(1, 2, 3)])
  |     ^^^^^^^^^^^^^^^^^)"},
    {R"py(x = dict(**{1: 2}))py",
     R"(error: a key of a dict behind '**' has to be a str, not an int
 --> a.py:1:5
  |
1 | x = dict(**{1: 2})
  |     ^^^^^^^^^^^^^^)"},
    {R"py(x = dict(dict(a=1), **dict(b=2), b=3))py",
     R"(error: 'b' is given twice
 --> a.py:1:34
  |
1 | x = dict(dict(a=1), **dict(b=2), b=3)
  |                                  ^
  = note: first at a.py:1:28)"},
    {R"py(x = [*5])py",
     R"(error: cannot iterate over an int
 --> a.py:1:5
  |
1 | x = [*5]
  |     ^^^^)"},
    {R"py(a, b = 1, 2, 3)py",
     R"(error: 3 values for 2 names
 --> a.py:1:1
  |
1 | a, b = 1, 2, 3
  | ^^^^)"},
    {R"py(a, *b = [])py",
     R"(error: 0 values for 1 or more names
 --> a.py:1:1
  |
1 | a, *b = []
  | ^^^^^)"},
    {R"py(x = (1, 2)
x[0] = 3)py",
     R"(error: a tuple has no elements to set
 --> a.py:2:1
  |
2 | x[0] = 3
  | ^^^^)"},
    {R"py(x = {}
del x['a'])py",
     R"(error: there is no key 'a'
 --> a.py:2:5
  |
2 | del x['a']
  |     ^^^^^^)"},
    {R"py(del x)py",
     R"(error: the name 'x' is not defined
 --> a.py:1:5
  |
1 | del x
  |     ^)"},
    {R"py(x = [1]
x.remove(2))py",
     R"(error: what remove() looks for is not there
 --> a.py:2:1
  |
2 | x.remove(2)
  | ^^^^^^^^^^^)"},
    {R"py(x = [1]
x.pop(5))py",
     R"(error: index 5 is outside a list of 1
 --> a.py:2:1
  |
2 | x.pop(5)
  | ^^^^^^^^)"},
    {R"py(x = {}.pop('a'))py",
     R"(error: there is no key 'a'
 --> a.py:1:5
  |
1 | x = {}.pop('a')
  |     ^^^^^^^^^^^)"},
    {R"py(x = ''.join([1]))py",
     R"(error: an element of join() has to be a str, not an int
 --> a.py:1:5
  |
1 | x = ''.join([1])
  |     ^^^^^^^^^^^^)"},
    {R"py(x = '%d' % 'a')py",
     R"(error: '%d' needs a number, not a str
 --> a.py:1:5
  |
1 | x = '%d' % 'a'
  |     ^^^^^^^^^^)"},
    {R"py(x = '%s %s' % 'a')py",
     R"(error: too few arguments for the text of '%'
 --> a.py:1:5
  |
1 | x = '%s %s' % 'a'
  |     ^^^^^^^^^^^^^)"},
    {R"py(x = '%s' % (1, 2))py",
     R"(error: not all arguments of '%' are used by the text
 --> a.py:1:5
  |
1 | x = '%s' % (1, 2)
  |     ^^^^^^^^^^^^^)"},
    {R"py(x = '%z' % 1)py",
     R"(error: '%z' is no format
 --> a.py:1:5
  |
1 | x = '%z' % 1
  |     ^^^^^^^^)"},
    {R"py(x = '{} {}'.format(1))py",
     R"(error: format() has no argument 1 for its text
 --> a.py:1:5
  |
1 | x = '{} {}'.format(1)
  |     ^^^^^^^^^^^^^^^^^)"},
    {R"py(x = '{a}'.format())py",
     R"(error: format() has no argument 'a' for its text
 --> a.py:1:5
  |
1 | x = '{a}'.format()
  |     ^^^^^^^^^^^^^^)"},
    {R"py(x = '{:q}'.format(1))py",
     R"(error: 'q' is no format
 --> a.py:1:5
  |
1 | x = '{:q}'.format(1)
  |     ^^^^^^^^^^^^^^^^)"},
    {R"py(x = f'{1:s}')py",
     R"(error: format 's' is not for an int
 --> a.py:1:5
  |
1 | x = f'{1:s}'
  |     ^^^^^^^^)"},
    {R"py(x = '{:99999999999}'.format(1))py",
     R"(error: a width or precision of this format is too large
 --> a.py:1:5
  |
1 | x = '{:99999999999}'.format(1)
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^)"},
    {R"py(assert 1 == 2, 'no luck')py",
     R"(error: the config's own assertion does not hold: no luck
 --> a.py:1:8
  |
1 | assert 1 == 2, 'no luck'
  |        ^^^^^^)"},
    {R"py(raise ValueError('no'))py",
     R"(error: the config itself raises ValueError: no
 --> a.py:1:1
  |
1 | raise ValueError('no')
  | ^^^^^^^^^^^^^^^^^^^^^^)"},
    {R"py(raise)py",
     R"(error: there is no exception to raise again
 --> a.py:1:1
  |
1 | raise
  | ^^^^^)"},
    {R"py(raise 5)py",
     R"(error: 'raise' needs an exception
 --> a.py:1:1
  |
1 | raise 5
  | ^^^^^^^)"},
    {R"py(x = [1]
for i in {1: 2}:
    x.append(j))py",
     R"(error: the name 'j' is not defined
 --> a.py:3:14
  |
3 |     x.append(j)
  |              ^)"},
    {R"py(d = {1: 2}
for k in d:
    d[k + 1] = 3)py",
     R"(error: a dict or set changed its size while it was iterated over
 --> a.py:2:1
  |
2 | for k in d:
  | ^^^^^^^^^^^)"},
    {R"py(x = [i for i in range(3) if i / 0])py",
     R"(error: division by zero
 --> a.py:1:29
  |
1 | x = [i for i in range(3) if i / 0]
  |                             ^^^^^)"},
    {R"py(x = len)py",
     R"(error: a config holds data only, no function 'len'
 --> a.py:1:5
  |
1 | x = len
  |     ^^^)"},
    {R"py(x = range(3))py",
     R"(error: a config holds data only, no range
 --> a.py:1:5
  |
1 | x = range(3)
  |     ^^^^^^^^)"},
    {R"py(x = dict(a=[1, dict(b=str)]))py",
     R"(error: a config holds data only, no type 'str'
 --> a.py:1:23
  |
1 | x = dict(a=[1, dict(b=str)])
  |                       ^^^)"},
    {R"py(x = (i for i in [1]))py",
     R"(error: a config holds data only, no generator
 --> a.py:1:5
  |
1 | x = (i for i in [1])
  |     ^^^^^^^^^^^^^^^^)"},
    {R"py(x = []
x.append(x))py",
     R"(error: values are nested too deeply
 --> a.py:2:10
  |
2 | x.append(x)
  |          ^)"},
    {R"py(x = sum(['a']))py",
     R"(error: '+' is not defined between int and str
 --> a.py:1:5
  |
1 | x = sum(['a'])
  |     ^^^^^^^^^^)"},
    {R"py(x = [].index(1))py",
     R"(error: what index() looks for is not there
 --> a.py:1:5
  |
1 | x = [].index(1)
  |     ^^^^^^^^^^^)"},
    {R"py(x = range(1, 2, 0))py",
     R"(error: the step of range() is zero
 --> a.py:1:5
  |
1 | x = range(1, 2, 0)
  |     ^^^^^^^^^^^^^^)"},
    {R"py(x = [1, 2][::0])py",
     R"(error: the step of a slice is zero
 --> a.py:1:12
  |
1 | x = [1, 2][::0]
  |            ^^^)"},
    {R"py(x = chr(-1))py",
     R"(error: chr() got no character's number
 --> a.py:1:5
  |
1 | x = chr(-1)
  |     ^^^^^^^)"},
    {R"py(x = round('a'))py",
     R"(error: round() takes a number, not a str
 --> a.py:1:5
  |
1 | x = round('a')
  |     ^^^^^^^^^^)"},
    {R"py(x = zip([1], [1, 2], strict=True))py",
     R"(error: zip() got arguments of different lengths
 --> a.py:1:5
  |
1 | x = zip([1], [1, 2], strict=True)
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^)"},
    {R"py(import math
x = math.sqrt(-1))py",
     R"(error: outside of what the function is defined for
 --> a.py:2:5
  |
2 | x = math.sqrt(-1)
  |     ^^^^^^^^^^^^^)"},
    {R"py(import math
x = math.log(0))py",
     R"(error: a logarithm of what is not above zero
 --> a.py:2:5
  |
2 | x = math.log(0)
  |     ^^^^^^^^^^^)"},
    {R"py(x = print
)py",
     R"(error: a config holds data only, no function 'print'
 --> a.py:1:5
  |
1 | x = print
  |     ^^^^^)"},
};

TEST(EvaluatorErrors, SayWhereAndWhat) { expect_errors(kEvaluation); }

}  // namespace
}  // namespace detforge::python
