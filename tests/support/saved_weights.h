#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "detforge/base/files.h"
#include "detforge/checkpoint/write.h"
#include "detforge/nn/module.h"

namespace detforge {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// A checkpoint of the running test with these float tensors, and with `meta` where it says something.
inline std::filesystem::path saved_tensors(const NamedTensors& tensors, const Value& meta = nullptr) {
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  std::string file = std::string(test->test_suite_name()) + "_" + test->name() + ".pth";
  for (char& c : file) {
    if (c == '/') c = '_';
  }
  const auto path = std::filesystem::path(testing::TempDir()) / file;
  CheckpointBuilder builder;
  std::vector<torch::Tensor> kept;
  std::vector<std::pair<std::string, const Object*>> items;
  for (const auto& [name, tensor] : tensors) {
    kept.push_back(tensor.detach().contiguous());
    const auto* bytes = static_cast<const std::byte*>(kept.back().data_ptr());
    items.emplace_back(name,
                       builder.tensor(DType::F32, kept.back().sizes().vec(), {bytes, static_cast<std::size_t>(kept.back().nbytes())}));
  }
  const Object* root = builder.ordered_dict(items);
  if (!meta.is_none()) root = builder.dict({{"meta", builder.value(meta)}, {"state_dict", root}});
  atomic_write(path, [&](const Sink& sink) { write_torch_zip(*root, builder.storages(), sink); });
  return path;
}

/// A checkpoint of the running test with the float tensors of `module`, under the names that `rename` gives them; those that it
/// gives none are left out.
inline std::filesystem::path saved_weights(const nn::Module& module, const std::function<std::string(const std::string&)>& rename) {
  NamedTensors tensors;
  for (const nn::NamedTensor& entry : nn::state_dict(module)) {
    const std::string name = rename(entry.name);
    if (!name.empty() && entry.tensor.scalar_type() == torch::kFloat) tensors.emplace_back(name, entry.tensor);
  }
  return saved_tensors(tensors);
}

}  // namespace detforge
