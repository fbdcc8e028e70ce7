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

const SuiteMaker maker([] {
  add_cases("v2.8.0", "");
  for (const char* folder :
       {"autoassign/", "ddod/", "deformable_detr/", "efficientnet/", "lad/", "ld/", "pvt/", "solo/", "solov2/", "swin/", "yolox/"}) {
    add_cases("v2.27.0", folder);
  }
});

}  // namespace
}  // namespace detforge::golden
