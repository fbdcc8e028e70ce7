#include "detforge/config/config.h"

#include <gtest/gtest.h>

namespace detforge {
namespace {

std::string result(std::string_view text, std::string_view extension, std::string_view name = "<text>") {
  try {
    return repr(Config::from_text(text, extension, name).root());
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Config, FromTextOfEachFormat) {
  EXPECT_EQ(result("a = dict(b=(1, 2.0))\n", ".py"), "{'a': {'b': (1, 2.0)}}");
  EXPECT_EQ(result("{\"a\": {\"b\": [1, 2.0]}}", ".json"), "{'a': {'b': [1, 2.0]}}");
  EXPECT_EQ(result("a: {b: [1, 2.0]}\n", ".yaml"), "{'a': {'b': [1, 2.0]}}");
  EXPECT_EQ(result("a: {b: [1, 2.0]}\n", ".yml"), "{'a': {'b': [1, 2.0]}}");
}

TEST(Config, FromTextNamesTheTextInErrors) {
  EXPECT_EQ(result("a = b", ".py", "--cfg"), "error: the name 'b' is not defined\n --> --cfg:1:5\n  |\n1 | a = b\n  |     ^");
  EXPECT_EQ(result("a = 1", ".toml", "a.toml"), "error: 'a.toml' is no config: the name of one ends in .py, .json, .yaml or .yml");
  EXPECT_EQ(result("[1]", ".json", "a.json"), "error: a config is a dict, this file holds a list\n --> a.json:1:1\n  |\n1 | [1]\n  | ^^^");
  EXPECT_EQ(result("", ".yaml", "a.yaml"), "error: a config is a dict, this file holds a NoneType\n  --> a.yaml");
}

TEST(Config, ReadsLikeADict) {
  Config config = Config::from_text("model = dict(type='Net', pretrained='x')\nlr = 0.1\n", ".py");
  config["model"]["pretrained"] = nullptr;
  config["extra"]["deep"] = 5;
  EXPECT_TRUE(config.contains("lr"));
  EXPECT_EQ(config.find("nothing"), nullptr);
  EXPECT_EQ(config.pop("lr"), Value(0.1));
  EXPECT_EQ(repr(config.root()), "{'model': {'type': 'Net', 'pretrained': None}, 'extra': {'deep': 5}}");
  std::string keys;
  for (const auto& [key, value] : config) keys += key.as_string() + " ";
  EXPECT_EQ(keys, "model extra ");
  const Config copy = config;
  config["model"]["type"] = "Other";
  EXPECT_EQ(copy["model"]["type"], Value("Net"));
  EXPECT_THROW(copy["modle"], Error);
}

}  // namespace
}  // namespace detforge
