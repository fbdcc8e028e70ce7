#include "detforge/registry/schema.h"

#include <gtest/gtest.h>

#include "detforge/registry/registry.h"

namespace detforge {
namespace {

struct Shape {
  virtual ~Shape() = default;
};

Registry<Shape>& shapes() {
  static Registry<Shape> registry("TEST_SHAPES");
  return registry;
}

struct Circle : Shape {
  struct Options {
    std::vector<std::int64_t> radii;
    std::optional<ConfigDict> inner;
    std::variant<ConfigDict, std::vector<ConfigDict>> parts;
    double scale = 1;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::radii, "radii", required, "one per level"),
            arg(&Options::inner, "inner", "what lies inside").built_by("TEST_SHAPES"),
            arg(&Options::parts, "parts", required, "one or several").built_by("TEST_SHAPES"), arg(&Options::scale, "scale", "factor")};
  }
  Circle(const Options&, const BuildContext&) {}
};

DETFORGE_REGISTER(shapes, Circle, {.name = "Circle", .python = "test.Circle", .meaning = "round"});

TEST(Schema, DescribesEachComponentByItsArgumentTable) {
  const Value schema = json_schema();
  const Value& circle = std::as_const(schema)["$defs"]["TEST_SHAPES.test.Circle"];
  EXPECT_EQ(repr(circle),
            "{'type': 'object', 'title': 'test.Circle', 'description': 'round', 'properties': {'type': {'const': 'Circle'}, "
            "'radii': {'type': 'array', 'items': {'type': 'integer'}, 'description': 'one per level'}, "
            "'inner': {'anyOf': [{'$ref': '#/$defs/TEST_SHAPES'}, {'type': 'null'}], 'description': 'what lies inside', 'default': None}, "
            "'parts': {'anyOf': [{'$ref': '#/$defs/TEST_SHAPES'}, {'type': 'array', 'items': {'$ref': '#/$defs/TEST_SHAPES'}}], "
            "'description': 'one or several'}, "
            "'scale': {'type': 'number', 'description': 'factor', 'default': 1.0}}, "
            "'required': ['type', 'radii', 'parts'], 'additionalProperties': False}");
  EXPECT_EQ(repr(std::as_const(schema)["$defs"]["TEST_SHAPES"]), "{'anyOf': [{'$ref': '#/$defs/TEST_SHAPES.test.Circle'}]}");
}

}  // namespace
}  // namespace detforge
