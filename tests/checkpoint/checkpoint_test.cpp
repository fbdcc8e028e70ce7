#include "detforge/checkpoint/checkpoint.h"

#include <gtest/gtest.h>

#include <cstring>

#include "detforge/base/error.h"
#include "detforge/checkpoint/describe.h"
#include "tests/checkpoint/assemble.h"
#include "tests/support/golden.h"

namespace detforge {
namespace {

using namespace testing_support;

Checkpoint read(const std::string& file) { return Checkpoint::from_bytes(std::as_bytes(std::span(file)), "file.pth"); }

/// What is wrong with a file, with everything that its weights and its plain data need; empty where nothing is.
std::string fault_of(const std::string& file) {
  try {
    const Checkpoint checkpoint = read(file);
    static_cast<void>(plain_value(checkpoint.root()));
    for (const TensorView& view : checkpoint.state_dict()) static_cast<void>(checkpoint.contiguous_bytes(view));
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

void expect_fault(const std::string& file, const std::string& wanted) {
  const std::string fault = fault_of(file);
  EXPECT_NE(fault.find(wanted), std::string::npos) << "found: " << fault;
}

std::string floats(std::initializer_list<float> values) {
  std::string bytes;
  for (const float value : values) bytes += little_endian(value);
  return bytes;
}

std::vector<float> values_of(const Checkpoint& checkpoint, const TensorView& view) {
  const auto bytes = checkpoint.contiguous_bytes(view);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// One storage of six floats, seen whole, transposed and in part.
std::string small_file() {
  const std::string storage = pickled_storage("FloatStorage", "0", 6);
  const std::string state = pickled_dict({{"module.a", pickled_tensor(storage, 0, {2, 3}, {3, 1})},
                                          {"b", pickled_tensor(storage, 0, {3, 2}, {1, 3})},
                                          {"c", pickled_tensor(storage, 4, {2}, {1})}});
  const std::string meta = pickled_dict({{"CLASSES", "(" + pickled_text("cat") + pickled_text("dog") + "t"}, {"epoch", "K\x07"}});
  return torch_zip(pickled_dict({{"meta", meta}, {"state_dict", state}}), {{"0", floats({1, 2, 3, 4, 5, 6})}});
}

/// The same weights where Swin's authors keep them, beside what no one asks for.
std::string file_with_model() {
  const std::string storage = pickled_storage("FloatStorage", "0", 6);
  const std::string state = pickled_dict({{"a", pickled_tensor(storage, 0, {2, 3}, {3, 1})}});
  return torch_zip(pickled_dict({{"model", state}, {"epoch", "K\x07"}}), {{"0", floats({1, 2, 3, 4, 5, 6})}});
}

std::string file_of(const std::string& fragment) { return torch_zip(fragment, {{"0", floats({1, 2, 3, 4, 5, 6})}}); }

TEST(Checkpoint, HasItsWeightsBelowModelWhereThereIsNoStateDict) {
  const std::string file = file_with_model();
  const Checkpoint checkpoint = read(file);
  const auto state = checkpoint.state_dict();
  ASSERT_EQ(state.size(), 1U);
  EXPECT_EQ(state[0].name, "a");
  EXPECT_EQ(values_of(checkpoint, state[0]), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_NE(describe(checkpoint).find("also\n  epoch  7\n"), std::string::npos);
  // A tensor of that name is a weight like others.
  const std::string tensor = pickled_tensor(pickled_storage("FloatStorage", "0", 6), 0, {6}, {1});
  EXPECT_EQ(read(file_of(pickled_dict({{"model", tensor}}))).state_dict().at(0).name, "model");
}

TEST(Checkpoint, ReadsSharedAndStridedTensorsNamesAndMeta) {
  const std::string file = small_file();
  const Checkpoint checkpoint = read(file);
  const auto state = checkpoint.state_dict();
  ASSERT_EQ(state.size(), 3U);
  EXPECT_EQ(state[0].name, "a");
  EXPECT_EQ(values_of(checkpoint, state[0]), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(values_of(checkpoint, state[1]), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(values_of(checkpoint, state[2]), (std::vector<float>{5, 6}));
  EXPECT_EQ(checkpoint.classes(), (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(checkpoint.globals().count("torch._utils._rebuild_tensor_v2"), 1U);
}

TEST(Checkpoint, CopiesOnlyTensorsWhoseElementsDoNotLieInOrder) {
  const std::string storage = pickled_storage("FloatStorage", "0", 6);
  const std::string file = file_of(pickled_dict({{"whole", pickled_tensor(storage, 0, {2, 3}, {3, 1})},
                                                 {"part", pickled_tensor(storage, 1, {2, 1, 2}, {2, 7, 1})},
                                                 {"transposed", pickled_tensor(storage, 0, {3, 2}, {1, 3})},
                                                 {"gaps", pickled_tensor(storage, 0, {3}, {2})},
                                                 {"repeated", pickled_tensor(storage, 2, {2, 2}, {0, 1})}}));
  const Checkpoint checkpoint = read(file);
  const std::span whole = std::as_bytes(std::span(file));
  const auto lies_in_file = [&](const std::byte* data) { return data >= whole.data() && data < whole.data() + whole.size(); };
  const auto state = checkpoint.state_dict();
  ASSERT_EQ(state.size(), 5U);
  const std::vector<std::vector<float>> values = {{1, 2, 3, 4, 5, 6}, {2, 3, 4, 5}, {1, 4, 2, 5, 3, 6}, {1, 3, 5}, {3, 4, 3, 4}};
  for (std::size_t i = 0; i < state.size(); ++i) {
    EXPECT_EQ(values_of(checkpoint, state[i]), values[i]) << state[i].name;
    EXPECT_EQ(lies_in_file(checkpoint.contiguous_bytes(state[i]).data()), i < 2) << state[i].name;
  }
}

TEST(Checkpoint, EveryPrefixOfAFileIsRefused) {
  const std::string file = small_file();
  for (std::size_t size = 0; size < file.size(); ++size) EXPECT_NE(fault_of(file.substr(0, size)), "") << size;
}

TEST(Checkpoint, NoFlippedBitGoesUnseenInTheWeights) {
  const std::string file = small_file();
  const std::string whole = state_dict_hash(read(file));
  for (std::size_t i = 0; i < file.size() * 8; ++i) {
    std::string damaged = file;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << (i % 8)));
    if (fault_of(damaged).empty()) {
      EXPECT_EQ(state_dict_hash(read(damaged)), whole) << "bit " << i;
    }
  }
}

TEST(Checkpoint, UnknownCallsBecomeInertRecordsThatAreListed) {
  const std::string system = pickled_global("os", "system"), command = pickled_text("touch /tmp/detforge_was_here");
  const std::vector<std::string> calls = {
      system + "(" + command + "tR",                         // REDUCE
      "(" + command + "ios\nsystem\n",                       // INST
      "(" + system + command + "o",                          // OBJ
      system + "(" + command + "t\x81",                      // NEWOBJ
      system + "(" + command + "t}\x92",                     // NEWOBJ_EX
      system + ")R}(" + pickled_text("x") + command + "ub",  // BUILD
      system + ")R" + pickled_text("x") + command + "s",     // SETITEM on the record
      system + ")R(" + command + "e",                        // APPENDS to it
  };
  for (const std::string& call : calls) {
    const std::string file = file_of(pickled_dict({{"evil", call}, {"state_dict", "}"}}));
    const Checkpoint checkpoint = read(file);
    EXPECT_EQ(checkpoint.globals().count("os.system"), 1U);
    ASSERT_NE(checkpoint.root().find("evil")->get<Record>(), nullptr);
    EXPECT_NE(describe(checkpoint).find("os.system"), std::string::npos);
  }
}

TEST(Checkpoint, MalformedPicklesAreRefused) {
  expect_fault(file_of("(K\x01tK\x03K\x01s"), "sets items of something that is no dict");
  expect_fault(file_of("K\x01K\x02"
                       "a"),
               "appends to something that is no list");
  expect_fault(file_of("h\x05"), "recalls what it never remembered");
  expect_fault(file_of("0"), "empty stack");
  expect_fault(file_of("t"), "no mark");
  expect_fault(file_of("\xff"), "unknown opcode");
  expect_fault(file_of("\x82\x01"), "extension registry");
  expect_fault(file_of("}b"), "empty stack");
  expect_fault(file_of("K\x01)R"), "calls something that is no name");
  expect_fault(file_of("(" + pickled_text("storage") + "tQ"), "a persistent id is no");
  expect_fault(file_of("K\x01Q"), "a persistent id is no tuple");
  const std::string id = pickled_text("storage") + pickled_global("torch", "FloatStorage") + pickled_text("0");
  expect_fault(file_of("(" + id + "tQ"), "a persistent id is no");
  expect_fault(file_of("(" + id + pickled_text("cpu") + "tQ"), "a persistent id is no");
  expect_fault(file_of("(" + id + pickled_text("cpu") + "K\x06NNtQ"), "a persistent id is no");
  expect_fault(file_of("(" + id + pickled_text("cpu") + "NtQ"), "a storage is described wrongly");
}

TEST(Checkpoint, ListsWithinThemselvesEnd) {
  const std::string file = file_of(pickled_dict({{"loop",
                                                  "]q\x01h\x01"
                                                  "a"},
                                                 {"state_dict", "}"}}));
  EXPECT_EQ(fault_of(file), "");
}

TEST(Checkpoint, MemoBombsStayBounded) {
  // Thirty lists, each of ten times the one before: 10³⁰ values for whoever follows them all.
  std::string bomb = "]q\x01";
  for (char level = 1; level < 30; ++level) {
    bomb += "0](";
    for (int i = 0; i < 10; ++i) bomb += std::string("h") + level;
    bomb += std::string("eq") + static_cast<char>(level + 1);
  }
  const std::string file = file_of(pickled_dict({{"meta", pickled_dict({{"bomb", bomb}})}, {"state_dict", "}"}}));
  EXPECT_EQ(fault_of(file), "");
  EXPECT_LT(describe(read(file)).size(), 10000U);
  // A slot's number asks for no memory.
  EXPECT_EQ(fault_of(file_of("}r\xff\xff\xff\xff")), "");
}

TEST(Checkpoint, TensorsMustLieWithinTheirStorage) {
  const std::string storage = pickled_storage("FloatStorage", "0", 6);
  const auto fault = [&](std::uint8_t offset, const std::vector<std::uint32_t>& shape, const std::vector<std::uint32_t>& stride) {
    return fault_of(file_of(pickled_dict({{"a", pickled_tensor(storage, offset, shape, stride)}})));
  };
  EXPECT_EQ(fault(0, {6}, {1}), "");
  EXPECT_EQ(fault(200, {0, 9}, {1, 1}), "");
  EXPECT_NE(fault(1, {6}, {1}).find("beyond its storage"), std::string::npos);
  EXPECT_NE(fault(0, {2}, {6}).find("beyond its storage"), std::string::npos);
  const std::uint32_t huge = 0x7FFFFFFF;
  EXPECT_NE(fault(0, {huge, huge, huge}, {1, 1, 1}).find("impossible"), std::string::npos);
  EXPECT_NE(fault(0, {2, 2, 2}, {huge, huge, huge}).find("beyond its storage"), std::string::npos);
  EXPECT_NE(fault(0, {huge}, {0}).find("repeats its elements"), std::string::npos);
  EXPECT_NE(fault(0, {0xFFFFFFFF}, {1}).find("is negative"), std::string::npos);
  EXPECT_NE(fault(0, {2, 3}, {1}).find("sizes as strides"), std::string::npos);
}

TEST(Checkpoint, ArchivesThatReadersSeeDifferentlyAreRefused) {
  expect_fault(zip({{"archive/data.pkl", pickle("}")}, {"archive/data.pkl", pickle("}")}}), "twice");
  expect_fault(zip({{"a/data.pkl", pickle("}")}, {"b/data.pkl", pickle("}")}}), "more than one data.pkl");
  expect_fault(zip({{"archive/other", "x"}}), "no data.pkl");
  std::string file = small_file();
  file[file.find("data.pkl")] = 'D';
  expect_fault(file, "local header says something else");
  expect_fault(file_of(pickled_dict({{"a", pickled_tensor(pickled_storage("FloatStorage", "../../etc/passwd", 1), 0, {1}, {1})}})),
               "has no storage '../../etc/passwd'");
}

TEST(Checkpoint, TwoMembersOverTheSameBytesAreRefused) {
  std::string file = zip({{"archive/data.pkl", pickle("}")}, {"archive/data/0", floats({1})}});
  // The second entry of the directory points at the first member, under the first one's name.
  const std::size_t second = file.rfind("PK\x01\x02");
  std::memset(file.data() + second + 42, 0, 4);
  EXPECT_NE(fault_of(file), "");
}

TEST(Checkpoint, AMemberWithinAnotherIsRefused) {
  // The first member's bytes are a whole archive: its second directory entry points into them.
  const std::string inner = zip({{"archive/data/0", floats({1})}});
  std::string file = zip({{"archive/data.pkl", pickle("}") + inner}, {"archive/data/0", floats({1})}});
  const std::size_t second = file.rfind("PK\x01\x02"), within = file.find("PK\x03\x04", 1);
  std::memcpy(file.data() + second + 42, little_endian(static_cast<std::uint32_t>(within)).data(), 4);
  expect_fault(file, "the archive's member 'archive/data.pkl' shares bytes with what follows it");
}

TEST(Checkpoint, LocalHeadersMustAgreeWithTheDirectory) {
  const std::string file = small_file();
  const std::size_t header = file.find("PK\x03\x04", 1);
  // After the version: flags, method; time and day say nothing of the content; checksum, sizes, lengths, name.
  for (std::size_t at = 6; at < 30 + 14; ++at) {
    if (at >= 10 && at < 14) continue;
    std::string other = file;
    other[header + at] = static_cast<char>(other[header + at] ^ 8);
    EXPECT_NE(fault_of(other), "") << "byte " << at;
  }
}

TEST(Checkpoint, Zip64IsReadAndAsStrict) {
  const std::vector<std::pair<std::string, std::string>> members = {
      {"archive/data.pkl", pickle(pickled_dict({{"a", pickled_tensor(pickled_storage("FloatStorage", "0", 2), 0, {2}, {1})}}))},
      {"archive/data/0", floats({1, 2})}};
  for (const Descriptor kind : {Descriptor::None, Descriptor::Wide}) {
    const std::string file = zip(members, {.descriptor = kind, .is_zip64 = true});
    EXPECT_EQ(state_dict_hash(read(file)), state_dict_hash(read(zip(members))));
    for (std::size_t size = 0; size < file.size(); ++size) EXPECT_NE(fault_of(file.substr(0, size)), "") << size;
    const std::size_t directory = file.find("PK\x01\x02"), end = file.find("PK\x06\x06"), locator = file.find("PK\x06\x07");
    const auto with = [&](std::size_t at, std::uint64_t value) {
      std::string other = file;
      std::memcpy(other.data() + at, &value, sizeof value);
      return other;
    };
    constexpr std::uint64_t huge = 0xFFFFFFFFFFFFFFF0;
    const std::size_t extra = directory + 46 + std::string("archive/data.pkl").size() + 4;
    expect_fault(with(extra, huge), "its sizes differ");
    expect_fault(with(extra + 16, huge), "its local header lies outside the file");
    expect_fault(with(end + 32, 3), "the data ends early");
    expect_fault(with(end + 32, huge), "the archive has too many members");
    expect_fault(with(end + 40, huge), "the archive's directory lies outside the file");
    expect_fault(with(end + 48, huge), "the archive's directory lies outside the file");
    expect_fault(with(locator + 8, huge), "the zip64 end record lies outside the file");
    expect_fault(with(locator, 0), "no zip64 locator");
  }
}

TEST(Checkpoint, NamesThatLeaveTheirFolderAreOnlyNames) {
  const std::string pickled = pickle(pickled_dict({{"a", pickled_tensor(pickled_storage("FloatStorage", "0", 1), 0, {1}, {1})}}));
  EXPECT_EQ(fault_of(zip({{"../data.pkl", pickled}, {"../data/0", floats({1})}})), "");
  expect_fault(zip({{"archive/../data.pkl", pickled}, {"archive/data/0", floats({1})}}), "no data.pkl");
  expect_fault(zip({{"archive/data.pkl", pickled}, {"archive/data/../data/0", floats({1})}}), "has no storage '0'");
}

TEST(Checkpoint, CompressedMembersAreReadWithinALimit) {
  std::string file = zip({{"archive/data.pkl", pickle("}")}});
  // Deflated, and of two gibibytes and a byte, it says.
  for (const std::size_t at : {file.find("PK\x03\x04") + 8, file.find("PK\x01\x02") + 10}) file[at] = 8;
  const std::string size = little_endian(std::uint32_t{0x80000001});
  for (const std::size_t at : {file.find("PK\x03\x04") + 22, file.find("PK\x01\x02") + 24}) file.replace(at, size.size(), size);
  expect_fault(file, "the pickle is larger than");
  file.replace(file.find("data.pkl"), 8, "byteorde");
  file.replace(file.rfind("data.pkl"), 8, "byteorde");
  expect_fault(file, "no data.pkl");
}

TEST(Checkpoint, DataDescriptorsAreReadAndBelongToTheirMember) {
  for (const Descriptor kind : {Descriptor::Signed, Descriptor::Bare, Descriptor::Wide}) {
    const std::string file = zip({{"archive/data.pkl", pickle("}")}, {"archive/data/0", floats({1})}}, {.descriptor = kind});
    EXPECT_EQ(fault_of(file), "");
    std::string damaged = file;
    const std::size_t directory = file.find("PK\x01\x02");
    damaged[directory - 1] = static_cast<char>(damaged[directory - 1] ^ 1);
    expect_fault(damaged, "data descriptor is missing or says something else");
  }
}

TEST(Checkpoint, OtherFilesAreNamedAsSuch) {
  std::string tar(1024, '\0');
  tar.replace(0, 8, "storages");
  tar.replace(257, 8, "ustar  ");
  EXPECT_EQ(fault_of(tar),
            "error: this is a tar archive, as PyTorch wrote before version 0.2, which is not read\n"
            "  --> file.pth\n"
            "  = help: PyTorch can write it anew: torch.save(torch.load('old.pth'), 'new.pth')");
  expect_fault("", "empty");
  expect_fault("GIF89a, a picture", "no checkpoint");
  expect_fault(std::string(100, '\0'), "nothing but zero bytes");
}

TEST(Checkpoint, ReadsSafetensorsAndRefusesWrongOnes) {
  const auto file = [](const std::string& header, const std::string& data) {
    return little_endian(static_cast<std::uint64_t>(header.size())) + header + data;
  };
  const std::string good = file(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", floats({1, 2}));
  const Checkpoint checkpoint = read(good);
  EXPECT_EQ(values_of(checkpoint, checkpoint.state_dict().at(0)), (std::vector<float>{1, 2}));
  expect_fault(file(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,80]}})", floats({1, 2})), "lie outside");
  expect_fault(file(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", floats({1, 2})), "disagree");
  expect_fault(file(R"({"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}})", floats({1, 2})), "is not known");
  expect_fault(file(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
                    floats({1, 2})),
               "share bytes");
  expect_fault(file(R"({"a":{"dtype":"F32"}})", ""), "malformed");
}

TEST(Checkpoint, ReadsRealFiles) {
  const auto folder = golden::data_dir();
  if (!std::filesystem::exists(folder / "legacy_small.pth")) GTEST_SKIP() << "no reference data";
  const Checkpoint legacy = Checkpoint::read(folder / "legacy_small.pth");
  EXPECT_EQ(legacy.format(), Checkpoint::Format::Legacy);
  EXPECT_EQ(legacy.state_dict().size(), 7U);
  EXPECT_EQ(legacy.classes(), (std::vector<std::string>{"a", "b"}));
  const Checkpoint yolox = Checkpoint::read(folder / "yolox_nano_coco.pth");
  EXPECT_EQ(yolox.format(), Checkpoint::Format::Zip);
  EXPECT_EQ(yolox.state_dict().size(), 642U);
  EXPECT_EQ(yolox.classes().size(), 80U);
}

}  // namespace
}  // namespace detforge
