#include "detforge/config/read.h"

#include <gtest/gtest.h>

#include "detforge/config/limits.h"

/// JSON as Python's `json`, YAML as PyYAML. The right sides are theirs.
namespace detforge {
namespace {

using Reader = Value (*)(const std::shared_ptr<const Source>&);

std::string result(Reader read, const std::string& text) {
  try {
    return repr(read(std::make_shared<const Source>(Source{"a.txt", text})));
  } catch (const Error& error) {
    return error.what();
  }
}

struct Case {
  const char* text;
  const char* result;
};

template <std::size_t size>
void expect_all(Reader read, const Case (&cases)[size]) {
  for (const auto& [text, wanted] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(result(read, text), wanted);
  }
}

constexpr Case kJson[] = {
    {R"({"a": [1, -2, 2.5, 1e3, -1E-2, "x", null, true, false], "b": {}, "c": []})",
     "{'a': [1, -2, 2.5, 1000.0, -0.01, 'x', None, True, False], 'b': {}, 'c': []}"},
    {R"(["\"\\\/\b\f\n\r\t", "\u00e9\ud83d\ude00", "é"])", R"(['"\\/\x08\x0c\n\r\t', 'é😀', 'é'])"},
    {"[NaN, Infinity, -Infinity, 1e999, 1e-999]", "[nan, inf, -inf, inf, 0.0]"},
    {R"({"a": 1, "b": 2, "a": 3})", "{'a': 3, 'b': 2}"},
    {" 5 ", "5"},
};

constexpr Case kJsonErrors[] = {
    {"", "error: a value is missing here\n --> a.txt:1:1\n  |\n1 | \n  | ^"},
    {"{\"a\": 1,}", "error: a key in double quotes is missing here\n --> a.txt:1:9\n  |\n1 | {\"a\": 1,}\n  |         ^"},
    {"[1,]", "error: a value is missing here\n --> a.txt:1:4\n  |\n1 | [1,]\n  |    ^"},
    {"[1 2]", "error: a ',' or ']' is missing here\n --> a.txt:1:4\n  |\n1 | [1 2]\n  |    ^"},
    {"{\"a\" 1}", "error: a ':' is missing after this key\n --> a.txt:1:2\n  |\n1 | {\"a\" 1}\n  |  ^^^^"},
    {"[01]", "error: a number starts with a zero\n --> a.txt:1:2\n  |\n1 | [01]\n  |  ^^"},
    {"[1.]", "error: a digit is missing after '.'\n --> a.txt:1:2\n  |\n1 | [1.]\n  |  ^^"},
    {"[\"a", "error: this string has no end\n --> a.txt:1:2\n  |\n1 | [\"a\n  |  ^"},
    {"[\"\\x\"]", "error: this escape is none of JSON's\n --> a.txt:1:3\n  |\n1 | [\"\\x\"]\n  |   ^^"},
    {"[\"\\ud800\"]", "error: this escape is no character\n --> a.txt:1:3\n  |\n1 | [\"\\ud800\"]\n  |   ^^"},
    {"1 2", "error: something follows the JSON value\n --> a.txt:1:3\n  |\n1 | 1 2\n  |   ^"},
    {"9223372036854775808",
     "error: '9223372036854775808' does not fit 64 bits\n --> a.txt:1:1\n  |\n1 | 9223372036854775808\n  | ^^^^^^^^^^^^^^^^^^^"},
};

constexpr Case kYaml[] = {
    {"a: 1\nb: [1, 2.0, x, null, true, ~]\nc:\n  d: -1.0e-3\n", "{'a': 1, 'b': [1, 2.0, 'x', None, True, None], 'c': {'d': -0.001}}"},
    {"[yes, No, on, OFF, y, \"yes\", 'no']", "[True, False, True, False, 'y', 'yes', 'no']"},
    {"[1e3, 1.0e3, 1.0e+3, 1., .5, 1_000, 1_0.5, +3, -.5]", "['1e3', '1.0e3', 1000.0, 1.0, 0.5, 1000, 10.5, 3, '-.5']"},
    {"[0o17, 017, 0x1F, 0b11, 08, -0x1]", "['0o17', 15, 31, 3, '08', -1]"},
    {"[.inf, -.Inf, .nan, 1:30, '1:30', 190:20:30, 1:70, -1:30, 0., 00, 0_1, 2020-1-1, 0x]",
     "[inf, -inf, nan, 90, '1:30', 685230, '1:70', -90, 0.0, 0, 1, '2020-1-1', '0x']"},
    {"a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: *x\n", "{'a': {'p': 1, 'q': 2}, 'b': {'p': 1, 'q': 3}, 'c': {'p': 1, 'q': 2}}"},
    {"b:\n  <<: [{p: 1}, {p: 2, q: 3}]\n", "{'b': {'p': 1, 'q': 3}}"},
    {"a: |\n  two\n  lines\nb: >\n  one\n  line\n", "{'a': 'two\\nlines\\n', 'b': 'one line\\n'}"},
    {"[!!str 5, !!float 5, !!int 5, !!python/tuple [1, 2]]", "['5', 5.0, 5, (1, 2)]"},
    {"1: a\ntrue: b\n", "{1: 'b'}"},
    {"", "None"},
    {"# nothing\n", "None"},
};

constexpr Case kYamlErrors[] = {
    {"a: 2020-01-01",
     "error: '2020-01-01' is a date in YAML, which a config cannot hold\n --> a.txt:1:4\n  |\n1 | a: 2020-01-01\n  |    ^^^^^^^^^^\n  = "
     "help: put "
     "it in quotes"},
    {"a: !!python/object:os.system {}",
     "error: the YAML tag 'tag:yaml.org,2002:python/object:os.system' makes an object, and a config holds data only\n --> a.txt:1:4\n  "
     "|\n1 | a: "
     "!!python/object:os.system {}\n  |    ^"},
    {"a: 1\n---\nb: 2\n", "error: a config is one YAML document\n --> a.txt:2:1\n  |\n2 | ---\n  | ^"},
    {",", "error: a config is one YAML document\n --> a.txt:1:1\n  |\n1 | ,\n  | ^"},
    {"a: 18446744073709551616",
     "error: '18446744073709551616' does not fit 64 bits\n --> a.txt:1:4\n  |\n1 | a: 18446744073709551616\n  |    ^^^^^^^^^^^^^^^^^^^^"},
    {"{[1]: 2}", "error: a list can be no key\n --> a.txt:1:2\n  |\n1 | {[1]: 2}\n  |  ^"},
    {"&a [*a]", "error: values are nested too deeply\n --> a.txt:1:1\n  |\n1 | &a [*a]\n  | ^"},
};

TEST(ReadJson, AsPythonDoes) { expect_all(read_json, kJson); }
TEST(ReadJson, SaysWhereAMistakeIs) { expect_all(read_json, kJsonErrors); }
TEST(ReadYaml, AsPyYamlDoes) { expect_all(read_yaml, kYaml); }
TEST(ReadYaml, SaysWhereAMistakeIs) { expect_all(read_yaml, kYamlErrors); }

TEST(ReadJson, BoundsNesting) {
  const std::string text = std::string(limits::kValueNesting + 1, '[') + std::string(limits::kValueNesting + 1, ']');
  EXPECT_TRUE(result(read_json, text).starts_with("error: values are nested too deeply\n"));
}

TEST(ReadYaml, BoundsWhatAliasesMakeOfAFewLines) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = std::to_string(i - 1), name = std::to_string(i);
    text += "a" + name + ": &a" + name + " [*a" + before + ", *a" + before + "]\n";
  }
  EXPECT_TRUE(result(read_yaml, text).starts_with("error: the config holds more values than is allowed\n"));
}

}  // namespace
}  // namespace detforge
