#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>

#include "detforge/config/config.h"
#include "detforge/models/backbones/backbone.h"
#include "detforge/models/detectors/detector.h"
#include "detforge/models/necks/neck.h"
#include "tests/golden/requirements.h"
#include "tests/golden/torch/skip.h"
#include "tests/support/paths.h"

/// Every model of MMDetection's zoo, as Python prints it, with Python's state_dict; and the seed's.
namespace detforge::golden {
namespace {

struct Tree {
  const char* version;
  Reference reference;
};
constexpr Tree trees[] = {{"v2.8.0", Reference::V2_8}, {"v2.27.0", Reference::V2_27}};

/// The records of one version: `id` → what Python printed, and what its state_dict held.
struct Models {
  std::map<std::string, std::string> prints;
  std::map<std::string, Json> states;
};

using Configs = std::map<std::string, Json>;  // file → merged config

Models read_models(const std::string& version) {
  Models models;
  const auto folder = golden_dir() / "models" / version;
  for (const Json& record : read_json_lines(folder / "prints.jsonl.gz")) models.prints[record["id"]] = record["text"];
  for (const Json& record : read_json_lines(folder / "states.jsonl.gz")) models.states.emplace(record["id"].get<std::string>(), record);
  return models;
}

Configs read_configs(const std::string& version) {
  Configs configs;
  for (const Json& record : read_json_lines(golden_default_dir() / "config" / ("merged_" + version + ".jsonl.gz"))) {
    if (record.contains("cfg") && record["cfg"].contains("model")) configs.emplace(record["file"].get<std::string>(), record["cfg"]);
  }
  return configs;
}

/// From the zoo where there is one, else from the reference's merged configs.
Value read_config(const Tree& tree, const std::string& file, const Configs& configs) {
  if (const auto zoo = zoo_dir()) return Config::from_file(*zoo / tree.version / file).root();
  const auto found = configs.find(file);
  if (found == configs.end()) throw std::runtime_error("no config of " + file);
  return decode_value(found->second);
}

std::shared_ptr<Detector> build(const Tree& tree, const Value& config) {
  Value model = config["model"];
  // The reference set it to None, so that nothing is fetched.
  if (tree.reference == Reference::V2_8 && model.contains("pretrained")) model["pretrained"] = nullptr;
  const auto outer = [&](const char* key) { return config.contains(key) ? config[key] : Value(); };
  return build_detector(model, outer("train_cfg"), outer("test_cfg"), {tree.reference, "model"});
}

std::string python_dtype(const torch::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case torch::kFloat: return "float32";
    case torch::kLong: return "int64";
    case torch::kBool: return "bool";
    default: return "torch's " + std::string(c10::toString(tensor.scalar_type()));
  }
}

Json state_of(const nn::Module& model) {
  Json state = Json::array();
  for (const nn::NamedTensor& entry : nn::state_dict(model)) {
    const auto sizes = entry.tensor.sizes();
    state.push_back({entry.name, python_dtype(entry.tensor), std::vector<std::int64_t>(sizes.begin(), sizes.end())});
  }
  return state;
}

void expect_state(const nn::Module& model, const Json& record) {
  Json wanted = record["state"];
  for (Json& entry : wanted) {
    const std::string dtype = entry[1];
    entry[1] = dtype.substr(dtype.find('.') + 1);
  }
  const Json state = state_of(model);
  for (std::size_t i = 0; i < std::min(state.size(), wanted.size()); ++i) ASSERT_EQ(state[i], wanted[i]) << "entry " << i;
  EXPECT_EQ(state.size(), wanted.size());
  std::int64_t parameters = 0;
  std::set<const void*> seen;
  std::vector<std::string> frozen;
  for (const nn::NamedTensor& entry : nn::state_dict(model)) {
    if (!entry.is_parameter) continue;
    if (seen.insert(entry.tensor.unsafeGetTensorImpl()).second) parameters += entry.tensor.numel();
    if (!entry.tensor.requires_grad()) frozen.push_back(entry.name);
  }
  EXPECT_EQ(parameters, record["params"].get<std::int64_t>());
  EXPECT_EQ(frozen, record["frozen"].get<std::vector<std::string>>());
}

const SuiteMaker models([] {
  for (const Tree& tree : trees) {
    const auto records = std::make_shared<Models>(read_models(tree.version));
    const auto configs = std::make_shared<Configs>(read_configs(tree.version));
    for (const Json& line : read_json_lines(golden_dir() / "models" / tree.version / "index.jsonl")) {
      if (!line.contains("id")) continue;
      const std::string file = line["file"], id = line["id"];
      add_case("Model", std::string(tree.version) + "_" + file, unless_unregistered([=] {
                 const auto model = build(tree, read_config(tree, file, *configs));
                 EXPECT_EQ(nn::repr(*model), records->prints.at(id));
                 expect_state(*model, records->states.at(id));
               }));
    }
  }
});

const SuiteMaker share_of_zoo([] {
  for (const Tree& tree : trees) {
    add_case("Model", std::string("share_of_the_zoo_that_builds_") + tree.version, [tree] {
      std::size_t all = 0;
      std::set<std::string> unbuilt;
      for (const auto& [file, json] : read_configs(tree.version)) {
        if (file.find("_base_") != std::string::npos) continue;
        ++all;
        try {
          build(tree, decode_value(json));
        } catch (const Error&) {
          unbuilt.insert(file);
        }
      }
      if (all == 0) GTEST_SKIP() << "no merged configs";
      const std::set<std::string> expected = unbuilt_configs(tree.version);
      for (const std::string& file : unbuilt) EXPECT_TRUE(expected.contains(file)) << file << " does not build";
      for (const std::string& file : expected)
        EXPECT_TRUE(unbuilt.contains(file)) << file << " builds, but requirements.txt says it does not";
      std::cout << tree.version << ": " << all - unbuilt.size() << " of " << all << " configs of the zoo build\n";
    });
  }
});

const SuiteMaker seed([] {
  const auto folder = golden_dir() / "seed";
  if (!std::filesystem::exists(folder / "yolov5_model.txt")) return;
  const auto without_last_newline = [](std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text;
  };
  add_case("Model", "seed_yolov5", [=] {
    Config config = Config::from_file(source_dir() / "configs/yolo/yolov5.py");
    config["model"]["pretrained"] = nullptr;
    EXPECT_EQ(nn::repr(*build_detector(config["model"])), without_last_newline(read_text(folder / "yolov5_model.txt")));
  });
  add_case("Model", "seed_backbone_from_its_config_and_by_calling_its_class", [=] {
    const Config config = Config::from_file(source_dir() / "configs/yolo/yolov5.py");
    Value backbone = config["model"]["backbone"];
    const std::string wanted = without_last_newline(read_text(folder / "cspdarknet_backbone.txt"));
    EXPECT_EQ(nn::repr(*build_backbone(backbone)), wanted);
    const std::string type = backbone.pop("type").as_string();
    EXPECT_EQ(nn::repr(*backbones().get(type)(backbone)), wanted);
  });
  add_case("Model", "seed_registries_hold_all_that_the_notebook_lists", [=] {
    const auto expect_all = [&](const char* file, std::size_t count, const auto& registry) {
      std::ostringstream ours;
      ours << registry;
      const std::string listed = read_text(folder / file);
      static const std::regex entry(R"('(\w+)': ([\w.]+))");
      std::size_t found = 0;
      for (std::sregex_iterator it(listed.begin(), listed.end(), entry), end; it != end; ++it, ++found) {
        EXPECT_NE(ours.str().find((*it)[0].str()), std::string::npos) << (*it)[0] << " of " << file << " is not registered";
      }
      EXPECT_EQ(found, count) << file;
    };
    expect_all("detectors_module_dict.txt", 26, detectors());
    expect_all("backbones_module_dict.txt", 14, backbones());
    expect_all("necks_module_dict.txt", 9, necks());
  });
});

}  // namespace
}  // namespace detforge::golden
