#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "detforge/config/config.h"
#include "detforge/data/datasets/annotated_dataset.h"
#include "tests/support/folder.h"

namespace detforge::testing_support {

/// The dataset that a Python dict describes, below `root`, without a pipeline: `dataset_of(folder, "type='CocoDataset',
/// ann_file='a.json'")`.
inline std::shared_ptr<Dataset> dataset_of(const std::filesystem::path& root, const std::string& arguments) {
  const std::string text = "data = dict(pipeline=[], data_root='" + root.string() + "', " + arguments + ")";
  return build_dataset(Config::from_text(text, ".py")["data"]);
}

/// The same without `data_root` and `pipeline`: for wrappers.
inline std::shared_ptr<Dataset> wrapper_of(const std::string& text) {
  return build_dataset(Config::from_text("data = " + text, ".py")["data"]);
}

/// `message @ place` of the first finding.
inline std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    const Diagnostic& first = error.diagnostics().front();
    return first.message + (first.place.empty() ? "" : " @ " + first.place);
  }
  return "no error";
}

}  // namespace detforge::testing_support
