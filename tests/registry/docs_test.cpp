#include "detforge/registry/docs.h"

#include <gtest/gtest.h>

namespace detforge {
namespace {

struct Tree {
  virtual ~Tree() = default;
};

Registry<Tree>& trees() {
  static Registry<Tree> registry("TEST_TREES");
  return registry;
}

struct Oak : Tree {
  struct Options {
    std::int64_t age = 0;
    std::optional<std::string> place;
    double height = 1.5;
    std::optional<ConfigDict> neighbour;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::age, "age", required, "years"), arg(&Options::place, "place", "where it stands: 'north'|'south'"),
            arg(&Options::height, "height", "metres").default_in_v2_27(2),
            arg(&Options::neighbour, "neighbour", "the next one").built_by("TEST_TREES").since_v2_27()};
  }
  Oak(const Options&, const BuildContext&) {}
};

struct Ash : Tree {
  struct Options {};
  static Arguments<Options> arguments() { return {}; }
  Ash(const Options&, const BuildContext&) {}
};

DETFORGE_REGISTER(trees, Oak, {.name = "Oak", .python = "test.Oak", .meaning = "a tree (Quercus)"});
DETFORGE_REGISTER(trees, Ash, {.name = "Ash", .python = "test.Ash", .meaning = "another", .since = Reference::V2_27});

TEST(ComponentDocs, ListEachArgumentWithItsDefault) {
  const RegistryBase* registries[] = {&trees()};
  EXPECT_EQ(
      component_docs(registries),
      "# Components\n"
      "\n"
      "What a config can name, with the arguments of each. Written by `detforge registry docs` from the argument tables: change those, "
      "not this file.\n"
      "\n"
      "## TEST_TREES\n"
      "\n"
      "### Ash\n"
      "\n"
      "`test.Ash`: another; since MMDetection 2.27.\n"
      "\n"
      "No arguments.\n"
      "\n"
      "### Oak\n"
      "\n"
      "`test.Oak`: a tree (Quercus).\n"
      "\n"
      "| argument | type | default | meaning |\n"
      "|---|---|---|---|\n"
      "| `age` | `int` | required | years |\n"
      "| `place` | `str or None` | `None` | where it stands: 'north'\\|'south' |\n"
      "| `height` | `float` | `1.5 (v2.27: 2.0)` | metres |\n"
      "| `neighbour` | `dict or None` | `None` | the next one (TEST_TREES); since v2.27 |\n");
}

}  // namespace
}  // namespace detforge
