#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "tests/support/golden.h"
#include "tests/support/paths.h"

/// Our own configs mean what MMDetection's of the same names mean: v2.8's, which a model follows where nothing else is said, and
/// v2.27's where only that has the detector.
namespace detforge::golden {
namespace {

void add_cases(const std::string& version, const std::string& folder) {
  const auto root = source_dir();
  for (const Json& record : read_json_lines(golden_default_dir() / "config" / ("merged_" + version + ".jsonl.gz"))) {
    const std::string file = record["file"];
    if (!file.starts_with("configs/" + folder) || !std::filesystem::exists(root / file)) continue;
    add_case("Config", "own_" + file, [=] {
      const Value ours = Config::from_file(root / file).root(), python = decode_value(record["cfg"]);
      // The run-time defaults are the seed's everywhere.
      for (const auto& [key, value] : python.as_dict()) {
        const std::string name = key.as_string();
        if (name == "custom_hooks" && !ours.contains(name)) continue;
        if (name == "opencv_num_threads" || name == "mp_start_method") continue;
        if (name == "auto_scale_lr") continue;
        ASSERT_TRUE(ours.contains(name)) << name;
        EXPECT_EQ(ours[name], value) << name << "\nours:   " << repr(ours[name]) << "\nPython: " << repr(value);
      }
    });
  }
}

/// Every config of v2.8's zoo stands in `configs/`.
void add_completeness() {
  std::vector<std::string> files;
  for (const Json& record : read_json_lines(golden_default_dir() / "config" / "merged_v2.8.0.jsonl.gz")) files.push_back(record["file"]);
  if (files.empty()) return;
  add_case("Config", "own_configs_are_all_of_v2_8_0", [files] {
    for (const std::string& file : files) EXPECT_TRUE(std::filesystem::exists(source_dir() / file)) << file << " is missing";
  });
}

const SuiteMaker maker([] {
  add_completeness();
  add_cases("v2.8.0", "");
  for (const char* folder : {"autoassign/",
                             "dcnv2/",
                             "ddod/",
                             "deformable_detr/",
                             "dyhead/",
                             "efficientnet/",
                             "fpg/",
                             "lad/",
                             "ld/",
                             "openimages/",
                             "pvt/",
                             "resnet_strikes_back/",
                             "rfnext/",
                             "scnet/",
                             "seesaw_loss/",
                             "selfsup_pretrain/",
                             "simple_copy_paste/",
                             "solo/",
                             "solov2/",
                             "strong_baselines/",
                             "swin/",
                             "tood/",
                             "yolof/",
                             "yolox/"}) {
    add_cases("v2.27.0", folder);
  }
});

}  // namespace
}  // namespace detforge::golden
