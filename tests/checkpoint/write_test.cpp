#include "detforge/checkpoint/write.h"

#include <gtest/gtest.h>

#include <cstring>

#include "detforge/base/error.h"
#include "detforge/checkpoint/describe.h"
#include "detforge/checkpoint/pickle_writer.h"
#include "detforge/checkpoint/zip_reader.h"
#include "detforge/checkpoint/zip_writer.h"
#include "tests/checkpoint/assemble.h"
#include "tests/support/golden.h"

namespace detforge {
namespace {

using namespace testing_support;

constexpr Checkpoint::Format formats[] = {Checkpoint::Format::Zip, Checkpoint::Format::Legacy, Checkpoint::Format::Safetensors};

Checkpoint read(const std::string& file) { return Checkpoint::from_bytes(std::as_bytes(std::span(file)), "file"); }

std::string floats(std::initializer_list<float> values) {
  std::string bytes;
  for (const float value : values) bytes += little_endian(value);
  return bytes;
}

std::string write(const Checkpoint& checkpoint, Checkpoint::Format format, WriteReport* report = nullptr) {
  std::string file;
  const WriteReport made =
      write_checkpoint(format, checkpoint.root(), checkpoint.storages(), [&](std::string_view piece) { file += piece; });
  if (report != nullptr) *report = made;
  return file;
}

std::string fault_of_writing(const std::string& file, Checkpoint::Format format) {
  try {
    write(read(file), format);
    return {};
  } catch (const Error& error) {
    return error.message();
  }
}

/// What Python's pickle would give: an OrderedDict of views of one storage, meta, an optimizer.
std::string training_file() {
  const std::string storage = pickled_storage("FloatStorage", "9401", 6);
  const std::string ordered = pickled_global("collections", "OrderedDict") + ")R";
  const std::string state = ordered + "(" + pickled_text("a") + pickled_tensor(storage, 0, {2, 3}, {3, 1}) + pickled_text("b") +
                            pickled_tensor(storage, 0, {3, 2}, {1, 3}) + pickled_text("c") + pickled_tensor(storage, 4, {}, {}) +
                            pickled_text("none") + pickled_tensor(storage, 0, {0, 5}, {5, 1}) + pickled_text("n") +
                            pickled_tensor(pickled_storage("LongStorage", "7", 1), 0, {}, {}) + "u}(" + pickled_text("_metadata") +
                            ordered + "ub";
  const std::string meta = pickled_dict({{"CLASSES", "(" + pickled_text("cat") + pickled_text("dog") + "t"},
                                         {"epoch", "K\x07"},
                                         {"big", "\x8a\x05" + std::string("\x01\x02\x03\x04\x05")},
                                         {"negative", "J" + little_endian(std::int32_t{-70000})},
                                         {"rate", "G\x3f\xb9\x99\x99\x99\x99\x99\x9a"},
                                         {"none", "N"}});
  const std::string optimizer = pickled_dict({{"momentum", pickled_tensor(storage, 1, {2}, {2})},
                                              {"groups",
                                               "](K\x01\x88\x89"
                                               "e"}});
  return torch_zip(pickled_dict({{"meta", meta}, {"state_dict", state}, {"optimizer", optimizer}}),
                   {{"9401", floats({1, 2, 3, 4, 5, 6})}, {"7", little_endian(std::int64_t{42})}});
}

TEST(WriteCheckpoint, WeightsAndMetaAreTheSameInEveryFormat) {
  const std::string file = training_file();
  const Checkpoint original = read(file);
  for (const auto format : formats) {
    const std::string written = write(original, format);
    const Checkpoint copy = read(written);
    EXPECT_EQ(copy.format(), format);
    EXPECT_EQ(state_dict_hash(copy), state_dict_hash(original));
    EXPECT_EQ(copy.classes(), original.classes());
    // And again from the copy: nothing is lost on the second way that was there on the first.
    for (const auto next : formats) EXPECT_EQ(state_dict_hash(read(write(copy, next))), state_dict_hash(original));
  }
}

TEST(WriteCheckpoint, TorchFilesKeepEverything) {
  const std::string file = training_file();
  const Checkpoint original = read(file);
  for (const auto format : {Checkpoint::Format::Zip, Checkpoint::Format::Legacy}) {
    WriteReport report;
    const std::string written = write(original, format, &report);
    const Checkpoint copy = read(written);
    EXPECT_TRUE(report.simplified.empty());
    EXPECT_EQ(plain_value(copy.root()), plain_value(original.root()));
    const auto* state = copy.root().find("state_dict")->get<Object::Dict>();
    ASSERT_NE(state, nullptr);
    EXPECT_TRUE(state->is_ordered);
    ASSERT_NE(state->state, nullptr);
    EXPECT_NE(state->state->find("_metadata"), nullptr);
    const auto views = copy.state_dict();
    EXPECT_EQ(views[1].tensor.storage.key, views[0].tensor.storage.key) << "shared storages stay shared";
    EXPECT_EQ(views[1].tensor.stride, (std::vector<std::int64_t>{1, 3}));
    EXPECT_EQ(views[2].tensor.offset, 4);
    EXPECT_EQ(copy.globals(), (std::set<std::string>{"collections.OrderedDict", "torch.FloatStorage", "torch.LongStorage",
                                                     "torch._utils._rebuild_tensor_v2"}));
  }
}

TEST(WriteCheckpoint, OnlyNamesThatASafeReaderKnowsAreWritten) {
  const std::string storage = pickled_storage("FloatStorage", "0", 1);
  const std::string config = pickled_global("mmcv.utils.config", "ConfigDict") + ")R(" + pickled_text("type") + pickled_text("FPN") + "u";
  const std::string deque = pickled_global("collections", "deque") +
                            ")R(K\x01K\x02"
                            "e";
  const std::string evil = pickled_global("os", "system") + "(" + pickled_text("x") + "tR";
  const std::string file = torch_zip(pickled_dict({{"meta", pickled_dict({{"config", config},
                                                                          {"deque", deque},
                                                                          {"evil", evil},
                                                                          {"dtype", pickled_global("torch", "float32")},
                                                                          {"class", pickled_global("builtins", "int")},
                                                                          {"set", "\x8f(K\x05\x90"}})},
                                                   {"state_dict", pickled_dict({{"a", pickled_tensor(storage, 0, {1}, {1})}})}}),
                                     {{"0", floats({1})}});
  WriteReport report;
  const std::string written = write(read(file), Checkpoint::Format::Zip, &report);
  EXPECT_EQ(report.simplified, (std::set<std::string>{"builtins.int", "collections.deque", "mmcv.utils.config.ConfigDict", "os.system"}));
  const Checkpoint copy = read(written);
  EXPECT_EQ(copy.globals(),
            (std::set<std::string>{"collections.OrderedDict", "torch.FloatStorage", "torch._utils._rebuild_tensor_v2", "torch.float32"}));
  EXPECT_EQ(repr(plain_value(*copy.root().find("meta"))),
            "{'config': {'type': 'FPN'}, 'deque': [1, 2], 'evil': '<os.system>', 'dtype': '<torch.float32>', 'class': '<builtins.int>', "
            "'set': [5]}");
}

TEST(WriteCheckpoint, SharedAndCircularObjectsStayWhatTheyAre) {
  const std::string file = torch_zip(pickled_dict({{"shared", "]q\x01"},
                                                   {"again", "h\x01"},
                                                   {"loop",
                                                    "]q\x02h\x02"
                                                    "a"},
                                                   {"state_dict", "}"}}),
                                     {});
  for (const auto format : {Checkpoint::Format::Zip, Checkpoint::Format::Legacy}) {
    const std::string written = write(read(file), format);
    const Checkpoint copy = read(written);
    EXPECT_EQ(copy.root().find("shared"), copy.root().find("again"));
    const Object* loop = copy.root().find("loop");
    EXPECT_EQ(loop->get<Object::List>()->elements.at(0), loop);
  }
}

TEST(WriteCheckpoint, WhatAFileCanNotSayIsRefused) {
  const auto bytes_of = [](const char* dtype, std::uint8_t numel) {
    return pickled_global("torch._utils", "_rebuild_tensor_v3") + "((" + pickled_text("storage") +
           pickled_global("torch.storage", "UntypedStorage") + pickled_text("0") + pickled_text("cpu") + "K" + little_endian(numel) +
           "tQI0\n(K\x01t(K\x01t\x89" + pickled_global("collections", "OrderedDict") + ")R" + pickled_global("torch", dtype) + "tR";
  };
  const std::string two_types = torch_zip(pickled_dict({{"a", bytes_of("float32", 4)}, {"b", bytes_of("int32", 4)}}), {{"0", floats({1})}});
  EXPECT_EQ(fault_of_writing(two_types, Checkpoint::Format::Zip),
            "one storage is seen as float32 and as int32, which torch's files can not say");
  EXPECT_EQ(fault_of_writing(two_types, Checkpoint::Format::Safetensors), "");
  const std::string beyond =
      torch_zip(pickled_dict({{"state_dict", "}"}, {"other", pickled_tensor(pickled_storage("FloatStorage", "0", 1), 0, {2}, {1})}}),
                {{"0", floats({1})}});
  EXPECT_EQ(fault_of_writing(beyond, Checkpoint::Format::Zip), "the tensor reaches beyond its storage: 8 bytes of 4");
  const std::string deep = torch_zip(pickled_dict({{"deep", std::string(500, ']') + std::string(499, 'a')}, {"state_dict", "}"}}), {});
  EXPECT_EQ(fault_of_writing(deep, Checkpoint::Format::Legacy), "the objects are nested more than 500 deep");
  const std::string complex = torch_zip(pickled_dict({{"a", pickled_tensor(pickled_storage("ComplexFloatStorage", "0", 1), 0, {1}, {1})}}),
                                        {{"0", floats({1, 2})}});
  EXPECT_EQ(fault_of_writing(complex, Checkpoint::Format::Safetensors), "the tensor 'a' is complex64, which safetensors does not know");
  EXPECT_EQ(fault_of_writing(complex, Checkpoint::Format::Legacy), "");
  const std::string one = pickled_tensor(pickled_storage("FloatStorage", "0", 1), 0, {1}, {1});
  const std::string twice = torch_zip(pickled_dict({{"a", one}, {"module.a", one}}), {{"0", floats({1})}});
  EXPECT_EQ(fault_of_writing(twice, Checkpoint::Format::Safetensors), "two tensors have the name 'a', which safetensors can not say");
  const std::string latin = torch_zip(pickled_dict({{"\xe9", one}}), {{"0", floats({1})}});
  EXPECT_EQ(fault_of_writing(latin, Checkpoint::Format::Safetensors), "a tensor's name is no UTF-8, as safetensors wants it");
}

TEST(PickleWriter, WritesProtocol2AsPythonDoes) {
  const std::pair<Value, std::string> cases[] = {
      {Value(), "N"},
      {true, "\x88"},
      {255, "K\xff"},
      {256, std::string("M\x00\x01", 3)},
      {65536, std::string("J\x00\x00\x01\x00", 5)},
      {-1, "J\xff\xff\xff\xff"},
      {std::int64_t{1} << 40, std::string("\x8a\x08\x00\x00\x00\x00\x00\x01\x00\x00", 10)},
      {1.5, std::string("G\x3f\xf8\x00\x00\x00\x00\x00\x00", 9)},
      {"é", std::string("X\x02\x00\x00\x00\xc3\xa9", 7)},
      {Value::tuple(), ")"},
      {Value::tuple({1, 2}), std::string("K\x01K\x02\x86q\x00", 7)},
      {Value::tuple({1, 2, 3, 4}), std::string("(K\x01K\x02K\x03K\x04tq\x00", 12)},
      {Value::list({1}), std::string("]q\x00(K\x01"
                                     "e",
                                     7)},
      {Value::dict({{1, 2}}), std::string("}q\x00(K\x01K\x02u", 9)},
      {Value::bytes("\xff"), std::string("c_codecs\nencode\nq\x00X\x02\x00\x00\x00\xc3\xbfX\x06\x00\x00\x00latin1\x86Rq\x01", 40)},
  };
  for (const auto& [value, wanted] : cases) {
    CheckpointBuilder builder;
    EXPECT_EQ(PickleWriter(builder.storages(), PickleWriter::Ids::Zip).write(*builder.value(value)), "\x80\x02" + wanted + ".")
        << repr(value);
  }
}

TEST(ZipWriter, AlignsWhatItWrites) {
  std::string file;
  const Sink sink = [&](std::string_view piece) { file += piece; };
  ZipWriter writer(sink);
  for (const std::size_t size : {0, 1, 63, 64, 65, 1000}) writer.add("folder/" + std::to_string(size), std::string(size, 'x'));
  writer.finish();
  ZipReader reader(std::as_bytes(std::span(file)));
  ASSERT_EQ(reader.members().size(), 6U);
  for (const auto& member : reader.members()) {
    EXPECT_EQ(member.data_at % 64, 0U) << member.name;
    EXPECT_EQ(reader.read(member).size(), std::stoul(member.name.substr(7)));
  }
}

TEST(ZipWriter, CountsBeyond16BitsInZip64) {
  std::string file;
  const Sink sink = [&](std::string_view piece) { file += piece; };
  ZipWriter writer(sink);
  constexpr std::size_t count = 65536;
  for (std::size_t i = 0; i < count; ++i) writer.add(std::to_string(i), i % 2 == 0 ? "even" : "odd");
  writer.finish();
  ZipReader reader(std::as_bytes(std::span(file)));
  ASSERT_EQ(reader.members().size(), count);
  EXPECT_EQ(reader.read(*reader.find("65535")).size(), 3U);
}

TEST(WriteSafetensors, LaysTensorsOutByTheSizeOfTheirElements) {
  CheckpointBuilder builder;
  const std::string bytes(64, '\1');
  const auto tensor = [&](DType dtype, std::int64_t count) {
    return builder.tensor(dtype, {count}, std::as_bytes(std::span(bytes)).first(static_cast<std::size_t>(count) * item_size(dtype)));
  };
  const Object* root = builder.dict(
      {{"state_dict",
        builder.ordered_dict(
            {{"a", tensor(DType::U8, 3)}, {"b", tensor(DType::F64, 2)}, {"empty", tensor(DType::F16, 0)}, {"c", tensor(DType::F32, 1)}})},
       {"meta", builder.value(Value::dict({{"CLASSES", Value::tuple({"cat", "dog"})}, {"lr", 0.1}, {"x", "[{\""}}))},
       {"optimizer", builder.value(1)}});
  std::string file;
  const WriteReport report = write_safetensors(*root, builder.storages(), [&](std::string_view piece) { file += piece; });
  EXPECT_EQ(report.left_out, std::set<std::string>{"optimizer"});
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  EXPECT_EQ(length % 8, 0U);
  std::string header = file.substr(8, length);
  header.resize(header.find_last_not_of(' ') + 1);
  EXPECT_EQ(header,
            R"({"__metadata__":{"format":"pt","meta":"{\"CLASSES\":[\"cat\",\"dog\"],\"lr\":0.1,\"x\":\"[{\\\"\"}"},)"
            R"("a":{"dtype":"U8","shape":[3],"data_offsets":[20,23]},"b":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},)"
            R"("empty":{"dtype":"F16","shape":[0],"data_offsets":[20,20]},"c":{"dtype":"F32","shape":[1],"data_offsets":[16,20]}})");
  EXPECT_EQ(file.size(), 8 + length + 23);
  const Checkpoint copy = read(file);
  EXPECT_EQ(copy.classes(), (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(repr(plain_value(*copy.root().find("meta"))), "{'CLASSES': ['cat', 'dog'], 'lr': 0.1, 'x': '[{\"'}");
  EXPECT_EQ(copy.state_dict().front().name, "a");
}

TEST(WriteCheckpoint, RealFilesKeepTheirWeights) {
  const auto folder = golden::data_dir();
  for (const char* name : {"legacy_small.pth", "yolox_nano_coco.pth"}) {
    if (!std::filesystem::exists(folder / name)) GTEST_SKIP() << "no reference data";
    const Checkpoint original = Checkpoint::read(folder / name);
    for (const auto format : formats) {
      const std::string written = write(original, format);
      const Checkpoint copy = read(written);
      EXPECT_EQ(state_dict_hash(copy), state_dict_hash(original)) << name;
      EXPECT_EQ(copy.classes(), original.classes()) << name;
      if (format != Checkpoint::Format::Safetensors) {
        EXPECT_EQ(plain_value(copy.root()), plain_value(original.root())) << name;
      }
    }
  }
}

}  // namespace
}  // namespace detforge
