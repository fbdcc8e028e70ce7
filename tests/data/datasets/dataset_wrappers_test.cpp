#include "detforge/data/datasets/class_balanced_dataset.h"
#include "detforge/data/datasets/concat_dataset.h"
#include "detforge/data/datasets/multi_image_mix_dataset.h"
#include "tests/data/datasets/build.h"

/// Datasets made of others; numbers on real photos are held by the reference tests.
namespace detforge {
namespace {

using testing_support::error_of;
using testing_support::Folder;
using testing_support::wrapper_of;

/// Drops every sample that lies at an even place among the calls; adds the wanted others' names to the name.
class MixForTests : public Transform {
 public:
  struct Options {
    std::int64_t wanted = 2;
    std::int64_t drops = 0;
  };
  static Arguments<Options> arguments() { return {arg(&Options::wanted, "wanted", "how many others"), arg(&Options::drops, "drops", "")}; }
  MixForTests(const Options& options, const BuildContext&) : options_(options) {}

  std::vector<std::size_t> get_indexes(const SamplePool& pool, Random& random) const override {
    std::vector<std::size_t> indices;
    for (std::int64_t i = 0; i < options_.wanted; ++i) {
      indices.push_back(static_cast<std::size_t>(random.randint(0, static_cast<std::int64_t>(pool.size()))));
    }
    return indices;
  }
  void apply(Sample& sample, Random& random) const override {
    for (const Sample& other : sample.mix_results) sample.meta.ori_filename += "+" + other.meta.ori_filename;
    sample.is_dropped = random.randint(0, 10) < options_.drops;
  }

 private:
  Options options_;
};
DETFORGE_REGISTER(transforms, MixForTests, {.name = "MixForTests", .python = "tests.MixForTests", .meaning = ""});

class DropForTests : public Transform {
 public:
  struct Options {
    std::string file;
  };
  static Arguments<Options> arguments() { return {arg(&Options::file, "file", "whose samples are dropped; empty: all")}; }
  DropForTests(const Options& options, const BuildContext&) : options_(options) {}
  void apply(Sample& sample, Random&) const override {
    sample.is_dropped = options_.file.empty() || sample.meta.ori_filename == options_.file;
  }

 private:
  Options options_;
};
DETFORGE_REGISTER(transforms, DropForTests, {.name = "DropForTests", .python = "tests.DropForTests", .meaning = ""});

std::string records(const std::vector<std::string>& names, int width) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + (R"({"filename": ")" + name + R"(", "width": )" + std::to_string(width) +
                                          R"(, "height": 50, "ann": {"bboxes": [[1, 2, 3, 4]], "labels": [0]}})");
  }
  return "[" + text + "]";
}

Folder two_files() { return Folder({{"a.json", records({"a0", "a1", "a2"}, 60)}, {"b.json", records({"b0", "b1"}, 40)}}); }

std::string custom(const Folder& folder, const std::string& file, const std::string& more = "pipeline=[]") {
  return "dict(type='CustomDataset', ann_file='" + (folder / file).string() + "', " + more + ")";
}

std::string name_of(const Dataset& dataset, std::size_t index) { return dataset.image(index).filename; }

TEST(ConcatDataset, ComesFromListsToo) {
  const Folder folder = two_files();
  const std::string a = custom(folder, "a.json"), b = custom(folder, "b.json");
  const std::string files = "dict(type='CustomDataset', data_root='" + folder.path().string() +
                            "', ann_file=['a.json', 'b.json'], img_prefix=['x', 'y'], pipeline=[], separate_eval=False)";
  for (const std::string& text : {"dict(type='ConcatDataset', datasets=[" + a + ", " + b + "])", "[" + a + ", " + b + "]", files}) {
    const auto dataset = wrapper_of(text);
    ASSERT_EQ(dataset->size(), 5U);
    EXPECT_EQ(name_of(*dataset, 0) + name_of(*dataset, 2) + name_of(*dataset, 3) + name_of(*dataset, 4), "a0a2b0b1");
    EXPECT_EQ(dataset->flag(), (std::vector<std::uint8_t>{1, 1, 1, 0, 0}));
    EXPECT_EQ(dataset->prepare(4).meta.ori_filename, "b1");
  }
  EXPECT_TRUE(wrapper_of(files)->prepare(4).meta.filename.ends_with("y/b1"));
  EXPECT_FALSE(std::dynamic_pointer_cast<ConcatDataset>(wrapper_of(files))->separate_eval());
  EXPECT_EQ(error_of([&] {
              wrapper_of("dict(type='CustomDataset', ann_file=['a.json', 'b.json'], img_prefix=['x'], pipeline=[])");
            }).substr(0, 52),
            "'img_prefix' has 1 entries, 'ann_file' has 2");
}

TEST(ConcatDataset, OfOneLayoutOnlyIsMeasuredAsOne) {
  const Folder folder = two_files();
  const std::string coco = "dict(type='CocoDataset', ann_file='" + (folder / "coco.json").string() + "', pipeline=[])";
  folder.write("coco.json", R"({"images": [], "categories": []})");
  EXPECT_EQ(error_of([&] { wrapper_of("dict(type='ConcatDataset', separate_eval=False, datasets=[" + coco + "])"); }),
            "argument 'separate_eval' of ConcatDataset: must be True for datasets in COCO's layout");
}

TEST(RepeatDataset, RepeatsInOrder) {
  const Folder folder = two_files();
  const auto dataset = wrapper_of("dict(type='RepeatDataset', times=2, dataset=" + custom(folder, "b.json") + ")");
  ASSERT_EQ(dataset->size(), 4U);
  EXPECT_EQ(name_of(*dataset, 1) + name_of(*dataset, 2), "b1b0");
  EXPECT_EQ(dataset->flag().size(), 4U);
}

TEST(BuildDataset, GivesDefaultsToTheInnermost) {
  const Folder folder = two_files();
  const auto text = "data = dict(type='RepeatDataset', times=2, dataset=[" + custom(folder, "a.json") + "])";
  const auto dataset = build_dataset(Config::from_text(text, ".py")["data"], {}, Value::dict({{"test_mode", true}}));
  EXPECT_TRUE(dataset->test_mode());
  EXPECT_TRUE(dataset->flag().empty());
}

TEST(ClassBalancedDataset, TakesEmptyImagesForAClassWhenAsked) {
  const std::string empty = R"({"filename": "e", "width": 60, "height": 50, "ann": {"bboxes": [], "labels": []}})";
  std::string with_empty = records({"a0", "a1", "a2"}, 60);
  with_empty.insert(with_empty.size() - 1, ", " + empty);
  const Folder folder({{"a.json", with_empty}});
  const std::string inner = custom(folder, "a.json", "pipeline=[], classes=('x',)");
  const auto factors = [&](const std::string& more) {
    const auto dataset = wrapper_of("dict(type='ClassBalancedDataset', oversample_thr=1.0, dataset=" + inner + more + ")");
    return std::dynamic_pointer_cast<ClassBalancedDataset>(dataset)->repeat_factors();
  };
  EXPECT_EQ(factors("")[3], 1);
  EXPECT_EQ(factors(", filter_empty_gt=False")[3], 2);
}

TEST(CustomDataset, TakesAnotherSampleOfTheGroupForOneThatIsDropped) {
  const Folder folder = two_files();
  const auto dataset = wrapper_of(custom(folder, "a.json", "pipeline=[dict(type='DropForTests', file='a1')]"));
  NumpyRandom random(3);
  std::set<std::string> taken;
  for (int i = 0; i < 40; ++i) taken.insert(dataset->get(1, random).front().meta.ori_filename);
  EXPECT_EQ(taken, (std::set<std::string>{"a0", "a2"}));
  const auto nothing = wrapper_of(custom(folder, "a.json", "pipeline=[dict(type='DropForTests')]"));
  EXPECT_EQ(error_of([&] { nothing->get(1, random); }),
            "the pipeline left nothing of 1000 samples in a row @ " + (folder / "a.json").string());
}

TEST(MultiImageMixDataset, HandsOverTheSamplesThatTransformsWant) {
  const Folder folder = two_files();
  const std::string begin = "dict(type='MultiImageMixDataset', dataset=" + custom(folder, "a.json");
  const auto dataset = wrapper_of(begin + ", pipeline=[dict(type='MixForTests')])");
  NumpyRandom random(7), same(7);
  const std::string first = std::to_string(same.randint(0, 3)), second = std::to_string(same.randint(0, 3));
  const Sample sample = dataset->get(1, random).front();
  EXPECT_EQ(sample.meta.ori_filename, "a1+a" + first + "+a" + second);
  EXPECT_TRUE(sample.mix_results.empty());
  EXPECT_EQ(dataset->size(), 3U);

  const auto skipping = wrapper_of(begin + ", pipeline=[dict(type='MixForTests')], skip_type_keys=('MixForTests',))");
  EXPECT_EQ(skipping->get(1, random).front().meta.ori_filename, "a1");
  std::dynamic_pointer_cast<MultiImageMixDataset>(skipping)->set_skip_type_keys({});
  EXPECT_NE(skipping->get(1, random).front().meta.ori_filename, "a1");
}

TEST(MultiImageMixDataset, TriesAgainWhatIsDropped) {
  const Folder folder = two_files();
  const std::string begin = "dict(type='MultiImageMixDataset', dataset=" + custom(folder, "a.json");
  NumpyRandom random(7);
  const auto patient = wrapper_of(begin + ", pipeline=[dict(type='MixForTests', drops=5)], max_refetch=60)");
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(patient->get(0, random).front().is_dropped);
  EXPECT_EQ(error_of([&] { wrapper_of(begin + ", pipeline=[dict(type='DropForTests')], max_refetch=2)")->get(0, random); }),
            "DropForTests left nothing of a sample, 2 times in a row @ a0");
  EXPECT_EQ(error_of([&] { wrapper_of(begin + ", pipeline=[], dynamic_scale=(640, 640))"); }),
            "argument 'dynamic_scale' of MultiImageMixDataset: was given up; a Resize in the pipeline does the same");
}

}  // namespace
}  // namespace detforge
