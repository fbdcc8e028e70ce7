#include "detforge/registry/registry.h"

#include <gtest/gtest.h>

#include <sstream>

namespace detforge {
namespace {

struct Layer {
  virtual ~Layer() = default;
  virtual std::string text() const = 0;
};

Registry<Layer>& layers() {
  static Registry<Layer> registry("TEST_LAYERS");
  return registry;
}

class Pyramid : public Layer {
 public:
  struct Options {
    std::vector<std::int64_t> in_channels;
    std::int64_t out_channels = 0;
    double ratio = 0.5;
    std::optional<ConfigDict> norm_cfg;
    bool relu = false;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::in_channels, "in_channels", required, "channels of each level"),
            arg(&Options::out_channels, "out_channels", required, "channels of the result").at_least(1),
            arg(&Options::ratio, "ratio", "share").default_in_v2_27(0.25), arg(&Options::norm_cfg, "norm_cfg", "normalisation"),
            arg(&Options::relu, "relu", "activation").since_v2_27()};
  }
  Pyramid(const Options& options, const BuildContext& context) : options_(options), context_(context) {
    if (options.in_channels.size() > 4) throw ArgumentError("in_channels", "at most four levels");
  }
  std::string text() const override { return "Pyramid " + std::to_string(options_.ratio) + " " + context_.path; }

 private:
  Options options_;
  BuildContext context_;
};

class SeedPyramid : public Layer {
 public:
  struct Options {
    double gd = 1;
    std::int64_t out_channels = 1;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::gd, "gd", "depth"), arg(&Options::out_channels, "out_channels", "channels")};
  }
  SeedPyramid(const Options& options, const BuildContext&) : gd_(options.gd) {}
  std::string text() const override { return "SeedPyramid " + std::to_string(gd_); }

 private:
  double gd_;
};

DETFORGE_REGISTER(layers, Pyramid, {.name = "Pyramid", .python = "test.pyramid.Pyramid", .meaning = "a test"});
DETFORGE_REGISTER(layers, SeedPyramid,
                  {.name = "Pyramid", .python = "test.seed.Pyramid", .meaning = "a test", .precedence = Precedence::Alternative});

Value pyramid() { return Value::dict({{"type", "Pyramid"}, {"in_channels", Value::tuple({8, 16})}, {"out_channels", 4}}); }

std::string failure(const Value& config) {
  try {
    layers().build(config, {Reference::V2_8, "model.neck"});
  } catch (const Error& error) {
    return error.what();
  }
  return "built";
}

TEST(Registry, BuildsByNameWithDefaultsOfTheReference) {
  EXPECT_EQ(layers().build(pyramid(), {Reference::V2_8, "model.neck"})->text(), "Pyramid 0.500000 model.neck");
  EXPECT_EQ(layers().build(pyramid(), {Reference::V2_27, ""})->text(), "Pyramid 0.250000 ");
  EXPECT_EQ(layers().build(pyramid(), {}, Value::dict({{"ratio", 1}}))->text(), "Pyramid 1.000000 ");
}

TEST(Registry, CallsAClassGotByName) {
  Value config = pyramid();
  config.pop("type");
  EXPECT_EQ(layers().get("Pyramid")(config)->text(), "Pyramid 0.500000 ");
}

TEST(Registry, ChoosesBetweenTwoClassesOfOneNameByTheirArguments) {
  EXPECT_EQ(layers().build(Value::dict({{"type", "Pyramid"}, {"gd", 2}}))->text(), "SeedPyramid 2.000000");
  Value mixed = pyramid();
  mixed["gd"] = 1.0;
  EXPECT_EQ(failure(mixed),
            "error: there are two classes 'Pyramid', and the arguments mix them: 'in_channels' of one, 'gd' of the other\n"
            "  = note: model.neck\n"
            "  = help: test.pyramid.Pyramid takes 'in_channels', 'out_channels', 'ratio', 'norm_cfg', 'relu'\n"
            "  = help: test.seed.Pyramid takes 'gd', 'out_channels'");
}

TEST(Registry, ReportsAllMistakesOfAComponentTogether) {
  const Value config =
      Value::dict({{"type", "Pyramid"}, {"in_channels", Value::list({8, "x"})}, {"out_chanels", 3}, {"ratio", true}, {"norm_cfg", 1}});
  EXPECT_EQ(failure(config),
            "error: argument 'in_channels' of Pyramid: expected int, got str 'x'\n"
            "  = note: model.neck\n  = help: detforge registry show Pyramid lists its arguments\n"
            "error: Pyramid has no argument 'out_chanels'; did you mean 'out_channels'?\n"
            "  = note: model.neck\n  = help: detforge registry show Pyramid lists its arguments\n"
            "error: argument 'ratio' of Pyramid: expected float, got bool True\n"
            "  = note: model.neck\n  = help: detforge registry show Pyramid lists its arguments\n"
            "error: argument 'norm_cfg' of Pyramid: expected dict or None, got int 1\n"
            "  = note: model.neck\n  = help: detforge registry show Pyramid lists its arguments\n"
            "error: Pyramid needs the argument 'out_channels' (int): channels of the result\n"
            "  = note: model.neck\n  = help: detforge registry show Pyramid lists its arguments");
}

TEST(Registry, PlacesRangeAndConstructorComplaintsAtTheArgument) {
  const auto source = std::make_shared<const Source>(Source{"a.py", "neck = dict(type='Pyramid', out_channels=0)"});
  Value config = pyramid();
  config["out_channels"] = 0;
  config["out_channels"].set_location({source, 1, 42, 1});
  EXPECT_EQ(failure(config),
            "error: argument 'out_channels' of Pyramid: must be at least 1, got 0\n"
            " --> a.py:1:42\n  |\n1 | neck = dict(type='Pyramid', out_channels=0)\n  |                                          ^\n"
            "  = note: model.neck\n  = help: detforge registry show Pyramid lists its arguments");
  config = pyramid();
  config["in_channels"] = Value::list({1, 2, 3, 4, 5});
  EXPECT_EQ(failure(config),
            "error: argument 'in_channels' of Pyramid: at most four levels\n"
            "  = note: model.neck\n  = help: detforge registry show Pyramid lists its arguments");
}

TEST(Registry, NamesTheNearestEntryForAnUnknownType) {
  EXPECT_EQ(failure(Value::dict({{"type", "Pyramide"}})),
            "error: there is no 'Pyramide' in the registry TEST_LAYERS; did you mean 'Pyramid'?\n"
            "  = note: model.neck\n  = help: detforge registry list TEST_LAYERS shows its entries");
  EXPECT_EQ(failure(Value::dict()),
            "error: a component of TEST_LAYERS needs the key 'type'\n"
            "  = note: model.neck\n  = help: detforge registry list TEST_LAYERS shows what there is");
}

TEST(Registry, PrintsLikeAModuleDict) {
  std::ostringstream out;
  out << layers();
  EXPECT_EQ(out.str(), "{'Pyramid': test.pyramid.Pyramid,\n 'Pyramid': test.seed.Pyramid}");
}

TEST(Arguments, TellDefaultsTypesAndVersions) {
  const auto& infos = layers().find("Pyramid").front()->arguments();
  EXPECT_EQ(infos[2].default_value, Value(0.5));
  EXPECT_EQ(infos[2].default_in_v2_27, Value(0.25));
  EXPECT_EQ(infos[3].default_value, Value());
  EXPECT_EQ(infos[3].type, "dict or None");
  EXPECT_TRUE(infos[0].is_required);
  EXPECT_EQ(infos[4].since, Reference::V2_27);
}

}  // namespace
}  // namespace detforge
