#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "tests/support/folder.h"

/// What mmengine's `_base_` (a ConfigDict) does in a file that inherits. The right sides are mmengine 0.10.7's.
namespace detforge {
namespace {

struct Case {
  const char* text;
  const char* config;
};

constexpr Case kCases[] = {
    {R"py(x = _base_.a.pop('x'))py",
     R"py({'a': {'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': 1})py"},
    {R"py(x = _base_.a.pop('nope'))py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': None})py"},
    {R"py(x = _base_.a.pop('nope', 5))py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': 5})py"},
    {R"py(_base_.a.update(dict(y=dict(w=1), k=2)))py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}], 'w': 1}, 't': (1, {'u': 3}), 'k': 2}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3})py"},
    {R"py(_base_.a.update(y=5))py", R"py({'a': {'x': 1, 'y': 5, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3})py"},
    {R"py(x = _base_.a.copy()
x.x = 9)py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': {'x': 9, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}})py"},
    {R"py(x = list(_base_.a.keys())
y = _base_.a.values()
z = _base_.a.items())py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': ['x', 'y', 't'], 'y': [1, {'z': [1, {'q': 2}]}, (1, {'u': 3})], 'z': [('x', 1), ('y', {'z': [1, {'q': 2}]}), ('t', (1, {'u': 3}))]})py"},
    {R"py(x = _base_.a.get('x')
y = _base_.a.get('q', 7)
z = _base_.get('a'))py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': 1, 'y': 7, 'z': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}})py"},
    {R"py(d = dict(k=1)
_base_.a.new = d
d['k'] = 2
e = _base_.a.new)py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3}), 'new': {'k': 1}}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'd': {'k': 2}, 'e': {'k': 1}})py"},
    {R"py(l2 = [dict(k=1)]
_base_.a.new = l2
l2[0]['k'] = 2
e = _base_.a.new[0].k)py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3}), 'new': [{'k': 1}]}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'l2': [{'k': 2}], 'e': 1})py"},
    {R"py(x = 'x' in _base_.a
y = len(_base_.a)
z = isinstance(_base_.a, dict))py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': True, 'y': 3, 'z': True})py"},
    {R"py(import copy
x = copy.deepcopy(_base_.a)
x.y.z[1].q = 10)py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': {'x': 1, 'y': {'z': [1, {'q': 10}]}, 't': (1, {'u': 3})}})py"},
    {R"py(import copy
x = copy.copy(_base_.a)
x.y.z[1].q = 10)py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 10}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': {'x': 1, 'y': {'z': [1, {'q': 10}]}, 't': (1, {'u': 3})}})py"},
    {R"py(x = {**_base_.a, 'x': 5}
x['y']['z'] = 1)py",
     R"py({'a': {'x': 1, 'y': {'z': 1}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': {'x': 5, 'y': {'z': 1}, 't': (1, {'u': 3})}})py"},
    {R"py(x = dict(_base_.a)
x['y']['z'].append(9))py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}, 9]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': {'x': 1, 'y': {'z': [1, {'q': 2}, 9]}, 't': (1, {'u': 3})}})py"},
    {R"py(x = _base_.a.to_dict()
y = type(x) == dict)py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'y': True})py"},
    {R"py(for k, v in _base_.a.items(): pass)py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'k': 't', 'v': (1, {'u': 3})})py"},
    {R"py(x = _base_.a == dict(x=1)
y = _base_.l[1] == dict(type='B'))py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': False, 'y': True})py"},
    {R"py(_base_.l.insert(0, dict(type='C'))
_base_.l[1].update(v=2)
x = _base_.l[0])py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'C'}, {'type': 'A', 'v': 2}, {'type': 'B'}], 'n': 3, 'x': {'type': 'C'}})py"},
    {R"py(_base_.n += 2
x = _base_.n)py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 5, 'x': 5})py"},
    {R"py(_base_.a.y.z += [5])py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}, 5]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3})py"},
    {R"py(x = f'{_base_.a}'
y = str(_base_.l))py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': "{'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}", 'y': "[{'type': 'A'}, {'type': 'B'}]"})py"},
    {R"py(x = _base_.a.x if _base_.n > 2 else 0)py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': 1})py"},
    {R"py(x = [dict(type='Z', **l) for l in [_base_.a]])py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': [{'type': 'Z', 'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}]})py"},
    {R"py(x = tuple(_base_.l)
y = sorted(_base_.a))py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': ({'type': 'A'}, {'type': 'B'}), 'y': ['t', 'x', 'y']})py"},
    {R"py(x = _base_)py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': {'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3}})py"},
    {R"py(_base_.a['items'] = 5)py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3}), 'items': 5}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3})py"},
    {R"py(_base_.a.clear())py", R"py({'a': {}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3})py"},
    {R"py(x = _base_.a.popitem())py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': ('t', (1, {'u': 3}))})py"},
    {R"py(_base_.a |= dict(x=7))py",
     R"py({'a': {'x': 7, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3})py"},
    {R"py(_base_.q = dict(a=1))py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'q': {'a': 1}})py"},
    {R"py(y = _base_.a.t[1].u
_base_.a.t[1].u = 9)py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 9})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'y': 3})py"},
    {R"py(x = dict(p=_base_.a)
x['p'].x = 100)py",
     R"py({'a': {'x': 100, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': {'p': {'x': 100, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}}})py"},
    {R"py(x = [_base_.a] * 2
x[0].x = 50)py",
     R"py({'a': {'x': 50, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': [{'x': 50, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, {'x': 50, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}]})py"},
    {R"py(x = {{_base_.a.y}}
y = [{{ _base_.l }}])py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': {'z': [1, {'q': 2}]}, 'y': [[{'type': 'A'}, {'type': 'B'}]]})py"},
    {R"py(a = dict(_delete_=True, z=1)
x = _base_.a)py",
     R"py({'a': {'z': 1}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'x': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}})py"},
    {R"py(a = _base_.a
a._delete_ = True)py",
     R"py({'a': {'x': 1, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3})py"},
    {R"py(b = _base_.a
c = _base_.a
b.x = 3)py",
     R"py({'a': {'x': 3, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'l': [{'type': 'A'}, {'type': 'B'}], 'n': 3, 'b': {'x': 3, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}, 'c': {'x': 3, 'y': {'z': [1, {'q': 2}]}, 't': (1, {'u': 3})}})py"},
};

TEST(ConfigDict, InAFileThatInherits) {
  LoadOptions options;
  options.dialect = Dialect::Mmengine;
  for (const auto& [text, config] : kCases) {
    SCOPED_TRACE(text);
    const testing_support::Folder folder{{"base.py", R"py(a = dict(x=1, y=dict(z=[1, dict(q=2)]), t=(1, dict(u=3)))
l = [dict(type='A'), dict(type='B')]
n = 3
)py"},
                                         {"main.py", "_base_ = 'base.py'\n" + std::string(text)}};
    EXPECT_EQ(repr(Config::from_file(folder / "main.py", options).root()), config);
  }
}

}  // namespace
}  // namespace detforge
