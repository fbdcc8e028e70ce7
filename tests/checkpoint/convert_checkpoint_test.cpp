#include "detforge/checkpoint/convert_checkpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "detforge/base/error.h"
#include "detforge/base/files.h"
#include "detforge/base/sha256.h"
#include "detforge/checkpoint/describe.h"
#include "detforge/checkpoint/write.h"
#include "tests/cli/run.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

using testing_support::Folder;
using testing_support::Outcome;

/// A training's checkpoint with one weight, one counter, and an optimizer whose step 16 bits can not hold.
std::filesystem::path save(const Folder& folder) {
  const float weight[] = {1, -2.5F, 1e6F};
  const std::int64_t counter[] = {70000};
  const float step[] = {70001};
  CheckpointBuilder builder;
  const Object* root =
      builder.dict({{"meta", builder.value(Value::dict({{"CLASSES", Value::tuple({"cat"})}, {"epoch", 3}}))},
                    {"state_dict", builder.ordered_dict({{"w", builder.tensor(DType::F32, {3}, std::as_bytes(std::span(weight)))},
                                                         {"n", builder.tensor(DType::I64, {}, std::as_bytes(std::span(counter)))}})},
                    {"optimizer", builder.dict({{"step", builder.tensor(DType::F32, {1}, std::as_bytes(std::span(step)))}})}});
  const auto path = folder / "in.pth";
  atomic_write(path, [&](const Sink& sink) { write_torch_zip(*root, builder.storages(), sink); });
  return path;
}

std::vector<std::string> keys_of(const Checkpoint& checkpoint) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : checkpoint.root().get<Object::Dict>()->items) keys.push_back(*key->text());
  return keys;
}

TEST(ConvertCheckpoint, KeepsWhatItIsNotAskedToChange) {
  const Folder folder;
  const Checkpoint original = Checkpoint::read(save(folder));
  const auto format = Checkpoint::Format::Legacy;
  const Converted converted = convert_checkpoint(original, folder / "out.pth", {.format = format, .dtype = std::nullopt});
  EXPECT_EQ(converted.path, folder / "out.pth");
  EXPECT_TRUE(converted.notes.empty());
  const Checkpoint copy = Checkpoint::read(converted.path);
  EXPECT_EQ(copy.format(), format);
  EXPECT_EQ(state_dict_hash(copy), state_dict_hash(original));
  EXPECT_EQ(plain_value(copy.root()), plain_value(original.root()));
}

TEST(ConvertCheckpoint, ChangesTheTypeOfWeightsAlone) {
  const Folder folder;
  const Checkpoint original = Checkpoint::read(save(folder));
  for (const auto format : {Checkpoint::Format::Zip, Checkpoint::Format::Legacy, Checkpoint::Format::Safetensors}) {
    const Converted converted = convert_checkpoint(original, folder / "out", {.format = format, .dtype = DType::F16});
    EXPECT_EQ(converted.notes.back(), "1 number is too large for float16 and became infinite");
    const Checkpoint copy = Checkpoint::read(converted.path);
    const auto state = copy.state_dict();
    EXPECT_EQ(state.at(0).dtype(), DType::F16);
    EXPECT_EQ(state.at(0).shape(), std::vector<std::int64_t>{3});
    const std::uint16_t wanted[] = {0x3C00, 0xC100, 0x7C00};
    EXPECT_TRUE(std::ranges::equal(copy.contiguous_bytes(state[0]).span(), std::as_bytes(std::span(wanted))));
    EXPECT_EQ(state.at(1).dtype(), DType::I64);
    EXPECT_EQ(copy.classes(), std::vector<std::string>{"cat"});
    if (format == Checkpoint::Format::Safetensors) continue;
    EXPECT_EQ(copy.root().find("optimizer")->find("step")->get<TensorReference>()->storage.dtype, DType::F32);
  }
}

TEST(ConvertCheckpoint, ExtractsTheWeights) {
  const Folder folder;
  const Checkpoint original = Checkpoint::read(save(folder));
  const Converted converted = convert_checkpoint(original, folder / "out.pth", {.dtype = std::nullopt, .weights = true});
  const Checkpoint copy = Checkpoint::read(converted.path);
  EXPECT_EQ(keys_of(copy), (std::vector<std::string>{"w", "n"}));
  EXPECT_EQ(state_dict_hash(copy), state_dict_hash(original));
}

TEST(ConvertCheckpoint, PublishesWithoutTheOptimizerUnderItsHash) {
  const Folder folder;
  const Checkpoint original = Checkpoint::read(save(folder));
  const Converted converted = convert_checkpoint(original, folder / "net.v2.pth", {.dtype = std::nullopt, .publish = true});
  const std::string file = read_file(converted.path, 1 << 20);
  Sha256 hash;
  hash.add(file.data(), file.size());
  EXPECT_EQ(converted.path, folder / ("net.v2-" + hash.hex().substr(0, 8) + ".pth"));
  EXPECT_FALSE(std::filesystem::exists(folder / "net.v2.pth"));
  const Checkpoint copy = Checkpoint::read(converted.path);
  EXPECT_EQ(keys_of(copy), (std::vector<std::string>{"meta", "state_dict"}));
  EXPECT_EQ(state_dict_hash(copy), state_dict_hash(original));
}

TEST(ConvertCheckpoint, OntoItselfIsFine) {
  const Folder folder;
  const auto path = save(folder);
  const std::string before = state_dict_hash(Checkpoint::read(path));
  convert_checkpoint(Checkpoint::read(path), path, {.dtype = std::nullopt});
  EXPECT_EQ(state_dict_hash(Checkpoint::read(path)), before);
}

TEST(ConvertCommand, WritesWhatTheExtensionSays) {
  const Folder folder;
  const std::string in = save(folder).string(), base = (folder / "out").string();
  const auto convert = [&](const std::string& rest) { return testing_support::run("checkpoint convert " + in + " " + rest); };
  const std::string hash = testing_support::run("checkpoint show --hash " + in).out;
  for (const char* out : {".pth", ".pt --legacy", ".safetensors"}) {
    const std::string path = base + std::string(out).substr(0, std::string(out).find(' '));
    const Outcome outcome = convert(base + out);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, path + "\n");
    EXPECT_EQ(testing_support::run("checkpoint show --hash " + path).out, hash);
    EXPECT_EQ(testing_support::run("checkpoint show " + path).status, 0);
  }
  EXPECT_EQ(convert(base + ".safetensors").err, "note: safetensors has no place for optimizer: left out\n");
  EXPECT_EQ(convert("--quiet " + base + ".safetensors").err, "");
  // What one format keeps of another is read back.
  EXPECT_EQ(testing_support::run("checkpoint convert " + base + ".safetensors " + base + "_back.pth").status, 0);
  EXPECT_EQ(testing_support::run("checkpoint show --hash " + base + "_back.pth").out, hash);
}

TEST(ConvertCommand, SaysWhatItCanNotDo) {
  const Folder folder{{"text.pth", "no weights"}};
  const std::string in = save(folder).string();
  const auto run = [&](const std::string& arguments) { return testing_support::run("checkpoint convert " + arguments); };
  Outcome outcome = run(in + " out.onnx");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "error: 'out.onnx' ends in none of .pth, .pt, .safetensors\n");
  outcome = run(in + " out.safetensors --legacy");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "error: 'out.safetensors' ends in neither .pth nor .pt, the old format of which is asked for\n");
  outcome = run(in + " out.pth --dtype f8");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err,
            "error: --dtype: 'f8' is none of f16, bf16, f32, f64\n"
            "  = help: detforge checkpoint convert --help shows all arguments\n");
  const std::string text = (folder / "text.pth").string(), missing = (folder / "missing/out.pth").string();
  outcome = run(text + " " + missing);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "error: this is no checkpoint: neither torch's formats nor safetensors begin so\n  --> " + text + "\n");
  outcome = run(in + " " + missing);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "error: cannot write '" + missing + "': No such file or directory\n  --> " + missing + "\n");
}

}  // namespace
}  // namespace detforge
