#include "detforge/config/format.h"

#include <gtest/gtest.h>

#include <limits>

#include "detforge/config/config.h"

namespace detforge {
namespace {

Value read(const std::string& text, const char* extension) { return Config::from_text(text, extension).root(); }

Value awkward() {
  const double infinity = std::numeric_limits<double>::infinity();
  return Value::dict({{"none", nullptr},
                      {"flags", Value::list({true, false})},
                      {"numbers", Value::tuple({1, -2, 0.1, 1e-5, 1e16, 5.0, infinity, -infinity})},
                      {"one", Value::tuple({1})},
                      {"nothing", Value::list({Value::list(), Value::tuple(), Value::dict(), Value::set()})},
                      {"quoted", "it's \"so\"\n\\ {{ fileDirname }} é"},
                      {"words", Value::list({"yes", "1e5", "007", "null", "~", "", " a", "a: b", "- c", "#d"})},
                      {"bytes", Value::bytes(std::string("\0\xff", 2))},
                      {"keys", Value::dict({{"class", 1}, {"not a name", 2}, {3, Value::dict({{"deep", Value::tuple({1, 2})}})}})},
                      {"set", Value::set({1, "b"})},
                      {"long", Value::list({std::string(60, 'x'), std::string(60, 'y'), Value::dict({{"type", std::string(90, 'z')}})})}});
}

TEST(Format, PythonReadsBackEqual) {
  const Value value = awkward();
  EXPECT_EQ(read(format_python(value), ".py"), value) << format_python(value);
}

TEST(Format, PythonReadsBackEqualWhenNamesOfFunctionsAreTaken) {
  const Value value = Value::dict({{"dict", Value::dict({{"a", Value::set()}})},
                                   {"set", 1},
                                   {"float", Value::list({std::numeric_limits<double>::infinity(), Value::set(), Value::dict()})}});
  EXPECT_EQ(read(format_python(value), ".py"), value) << format_python(value);
}

TEST(Format, PythonRefusesATopLevelKeyThatIsNoName) {
  EXPECT_THROW(format_python(Value::dict({{"a-b", 1}})), Error);
  EXPECT_THROW(format_python(Value::dict({{"class", 1}})), Error);
}

TEST(Format, JsonAndYamlReadBackAsListsAndText) {
  const Value value = Value::dict({{"a", Value::tuple({1, 2.5, "x"})},
                                   {"b", Value::dict({{"c", nullptr}, {"d", Value::list({Value::dict({{"e", true}}), Value::list({1})})}})},
                                   {"words", Value::list({"yes", "1e5", "007", "null", "~", "", " a", "a: b", "- c", "#d", "1:30"})},
                                   {"f", 1e-5},
                                   {"empty", Value::list({Value::dict(), Value::list()})}});
  Value lists = value;
  lists["a"] = Value::list({1, 2.5, "x"});
  EXPECT_EQ(read(format_json(value), ".json"), lists) << format_json(value);
  EXPECT_EQ(read(format_yaml(value), ".yaml"), lists) << format_yaml(value);
}

TEST(Format, ADifferenceNamesOnlyWhatDiffers) {
  const Value before = Value::dict({{"a", 1}, {"b", Value::dict({{"c", 2}, {"d", 3}})}, {"e", Value::list({Value::dict({{"f", 1}})})}});
  Value after = before;
  after["b"].pop("c");
  after["b"]["g"] = "new";
  after["e"][0]["f"] = 1.0;
  EXPECT_EQ(format_difference(before, after), "- b.c = 2\n~ e.0.f = 1 -> 1.0\n+ b.g = 'new'\n");
  EXPECT_EQ(format_difference(before, before), "");
}

}  // namespace
}  // namespace detforge
