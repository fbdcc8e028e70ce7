#include "detforge/config/limits.h"

#include <gtest/gtest.h>

#include "detforge/config/config.h"

/// Every bound is hit once. Each text stays small: what it would make is not.
namespace detforge {
namespace {

std::string error_of(const std::string& text) {
  LoadOptions options;
  options.dialect = Dialect::Mmcv;
  try {
    Config::from_text(text, ".py", "a.py", options);
    return "no error";
  } catch (const Error& error) {
    return error.message();
  }
}

std::string repeat(const std::string& text, std::size_t times) {
  std::string out;
  for (; times > 0; --times) out += text;
  return out;
}

TEST(ConfigLimits, Nesting) {
  const std::size_t most = limits::kNesting;
  EXPECT_EQ(error_of("x = " + repeat("[", most + 1) + repeat("]", most + 1)), "brackets are nested too deeply");
  EXPECT_EQ(error_of("x = " + repeat("-", most + 1) + "1"), "expressions are nested too deeply");
  EXPECT_EQ(error_of("x = " + repeat("not ", most + 1) + "1"), "expressions are nested too deeply");
  EXPECT_EQ(error_of("x = 1" + repeat(" + 1", most + 1)), "expressions are nested too deeply");
  EXPECT_EQ(error_of("x = 1" + repeat(" ** 1", most + 1)), "expressions are nested too deeply");
  EXPECT_EQ(error_of("x = a" + repeat(".a", most + 1)), "expressions are nested too deeply");
  EXPECT_EQ(error_of("x = " + repeat("1 if 1 else ", most + 1) + "1"), "expressions are nested too deeply");
  std::string blocks;
  for (std::size_t i = 0; i <= most; ++i) blocks += std::string(i, ' ') + "if 1:\n";
  EXPECT_EQ(error_of(blocks + std::string(most + 1, ' ') + "x = 1\n"), "blocks are nested too deeply");
  EXPECT_EQ(error_of("if 0: pass\n" + repeat("elif 0: pass\n", most)), "too many 'elif'");
}

TEST(ConfigLimits, ValueNesting) {
  EXPECT_EQ(error_of("x = 1\nfor i in range(90): x = [x]\n"), "no error");
  EXPECT_EQ(error_of("x = 1\nfor i in range(101): x = [x]\n"), "values are nested too deeply");
  EXPECT_EQ(error_of("x = []\nx.append(x)\n"), "values are nested too deeply");
  EXPECT_EQ(error_of("x = []\nx.append(x)\ny = str(x)\n"), "values are nested too deeply");
  EXPECT_EQ(error_of("x = []\nx.append(x)\ny = []\ny.append(y)\nz = x == y\n"), "values are nested too deeply");
  EXPECT_EQ(error_of("x = []\nx.append(x)\ny = []\ny.append(y)\nz = x < y\n"), "values are nested too deeply");
  EXPECT_EQ(error_of("x = 1\nfor i in range(200): x = (x,)\ny = {x: 1}\n"), "values are nested too deeply");
  EXPECT_EQ(error_of("import copy\nx = 1\nfor i in range(200): x = [x]\ny = copy.deepcopy(x)\n"), "values are nested too deeply");
}

TEST(ConfigLimits, LoopIterations) {
  const std::string error = "the config loops more often than is allowed";
  EXPECT_EQ(error_of("while True: pass\n"), error);
  EXPECT_EQ(error_of("for i in range(10 ** 18): pass\n"), error);
  EXPECT_EQ(error_of("x = [0 for i in range(1000) for j in range(1000)]\n"), error);
  EXPECT_EQ(error_of("x = [1]\nfor i in x: x.append(i)\n"), error);
}

TEST(ConfigLimits, Work) {
  EXPECT_EQ(error_of("x = [0] * 900000\nfor i in range(100): y = 1 in x\n"), "the config takes more work than is allowed");
  EXPECT_EQ(error_of("x = 'a' * 4000000\nfor i in range(100): y = 'b' in x\n"), "the config takes more work than is allowed");
  EXPECT_EQ(error_of("x = set(range(100000))\n"), "the config takes more work than is allowed");
}

TEST(ConfigLimits, Strings) {
  const std::string error = "the config has a longer string than is allowed";
  EXPECT_EQ(error_of("x = 'a' * 10 ** 12\n"), error);
  EXPECT_EQ(error_of("x = b'a' * 10 ** 9\n"), error);
  EXPECT_EQ(error_of("x = 'a'\nfor i in range(40): x += x\n"), error);
  EXPECT_EQ(error_of("x = 'ab' * 1000000\ny = x.replace('a', x)\n"), error);
  EXPECT_EQ(error_of("x = 'a'.ljust(10 ** 9)\n"), error);
  EXPECT_EQ(error_of("x = 'a'.zfill(10 ** 9)\n"), error);
  EXPECT_EQ(error_of("x = '{:4000000}{:4000000}'.format(1, 2)\n"), error);
  EXPECT_EQ(error_of("x = 'a' * 3000000\ny = f'{x}{x}'\n"), error);
  EXPECT_EQ(error_of("x = 'a' * 3000000\ny = repr([x, x])\n"), error);
}

TEST(ConfigLimits, Elements) {
  const std::string error = "the config has a list, tuple, set or dict with more elements than is allowed";
  EXPECT_EQ(error_of("x = [0] * 10 ** 12\n"), error);
  EXPECT_EQ(error_of("x = [0] * 600000\nx = [*x, *x]\n"), error);
  EXPECT_EQ(error_of("x = [0] * 600000\ny = x + x\n"), error);
  EXPECT_EQ(error_of("x = [0] * 600000\nx += x\n"), error);
}

TEST(ConfigLimits, Memory) {
  EXPECT_EQ(error_of("x = [[0] * 900000 for i in range(100)]\n"), "the config needs more memory than is allowed");
  EXPECT_EQ(error_of("x = ['a' * 4000000 for i in range(100)]\n"), "the config takes more work than is allowed");
}

TEST(ConfigLimits, Values) {
  EXPECT_EQ(error_of("x = [0]\nfor i in range(40): x = [x, x]\n"), "the config holds more values than is allowed");
  EXPECT_EQ(error_of("x = 'a' * 4000000\ny = [x] * 100\n"), "the config holds more text than is allowed");
}

}  // namespace
}  // namespace detforge
