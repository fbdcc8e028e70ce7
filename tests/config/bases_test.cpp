#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/config/limits.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

using testing_support::Folder;
using testing_support::Variable;

constexpr auto kBoth = {Dialect::Mmcv, Dialect::Mmengine};

LoadOptions by(Dialect dialect) {
  LoadOptions options;
  options.dialect = dialect;
  return options;
}

/// The error's text with the folder's name taken out.
std::string error_of(const Folder& folder, const std::string& file, Dialect dialect = Dialect::Auto) {
  try {
    return "no error: " + repr(Config::from_file(folder / file, by(dialect)).root());
  } catch (const Error& error) {
    std::string text = error.what();
    const std::string prefix = folder.path().string() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) text.erase(at, prefix.size());
    return text;
  }
}

std::string merged(const Folder& folder, const std::string& file, Dialect dialect = Dialect::Auto) {
  return repr(Config::from_file(folder / file, by(dialect)).root());
}

TEST(Bases, GoIntoTheFileThatInheritsThem) {
  const Folder folder{{"base/model.py", "model = dict(type='Net', backbone=dict(depth=50, out=(0, 1)), neck=None)\nlr = 0.1\n"},
                      {"base/schedule.yaml", "steps: [8, 11]\n"},
                      {"mine/net.py", "_base_ = ['../base/model.py']\nmodel = dict(backbone=dict(depth=101))\nlr = 1\n"}};
  for (const Dialect dialect : kBoth) {
    EXPECT_EQ(merged(folder, "mine/net.py", dialect),
              "{'model': {'type': 'Net', 'backbone': {'depth': 101, 'out': (0, 1)}, 'neck': None}, 'lr': 1}");
  }
}

TEST(Bases, DeleteReplacesWhatTheBaseSays) {
  const Folder folder{{"a.py", "x = dict(a=dict(b=1, c=2), d=None)\n"},
                      {"b.py", "_base_ = 'a.py'\nx = dict(a=dict(_delete_=True, e=3), d=dict(_delete_=True, f=4))\n"}};
  for (const Dialect dialect : kBoth) EXPECT_EQ(merged(folder, "b.py", dialect), "{'x': {'a': {'e': 3}, 'd': {'f': 4}}}");
}

TEST(Bases, ValuesRememberWhereTheyWereWrittenLast) {
  const Folder folder{{"a.py", "model = dict(\n    depth=50,\n    width=2)\n"},
                      {"b.py", "_base_ = 'a.py'\nmodel = dict(depth=\n             101)\n"}};
  const Config config = Config::from_file(folder / "b.py");
  const Value& model = config["model"];
  EXPECT_EQ(model["depth"].location().text(), (folder / "b.py").string() + ":3:14");
  EXPECT_EQ(model["width"].location().text(), (folder / "a.py").string() + ":3:11");
  const Value& width = model.as_dict().begin()[1].first;
  EXPECT_EQ(width.location().text(), (folder / "a.py").string() + ":3:5");
}

TEST(Bases, TemplatesKeepPlacesInTheFileAsItIsWritten) {
  const Folder folder{{"a.py", "x = dict(y=1)\n"},
                      {"b.py", "_base_ = 'a.py'\nname = '{{ fileBasenameNoExtension }}'; copy = {{ _base_.x }}; after = 5\n"}};
  for (const Dialect dialect : kBoth) {
    const Config config = Config::from_file(folder / "b.py", by(dialect));
    EXPECT_EQ(repr(config.root()), "{'x': {'y': 1}, 'name': 'b', 'copy': {'y': 1}, 'after': 5}");
    EXPECT_EQ(config["copy"].location().text(), (folder / "b.py").string() + ":2:48");
    EXPECT_EQ(config["after"].location().text(), (folder / "b.py").string() + ":2:72");
  }
}

TEST(Bases, MmengineShowsThemToTheFile) {
  const Folder folder{{"a.py", "size = 4\nparts = [dict(type='A')]\nold = dict(a=1)\n"},
                      {"b.py",
                       "_base_ = 'a.py'\ndouble = _base_.size * 2\n_base_.parts[0].type = 'B'\n_base_.parts.append(dict(type='C'))\ndel "
                       "_base_.old\nsame = _base_.parts\n"}};
  const std::string wanted = "{'size': 4, 'parts': [{'type': 'B'}, {'type': 'C'}], 'double': 8, 'same': [{'type': 'B'}, {'type': 'C'}]}";
  EXPECT_EQ(merged(folder, "b.py", Dialect::Mmengine), wanted);
  EXPECT_EQ(merged(folder, "b.py"), wanted);
}

TEST(Bases, AutoTakesMmcvsAnswerWhereMmengineHasNone) {
  const Folder folder{{"a.py", "x = 1\n"}, {"b.py", "root = '.'\n_base_ = [root + '/a.py']\n"}};
  EXPECT_EQ(merged(folder, "b.py"), "{'x': 1, 'root': '.'}");
  EXPECT_EQ(error_of(folder, "b.py", Dialect::Mmengine),
            "error: the name 'root' is not defined\n"
            " --> b.py:2:11\n"
            "  |\n"
            "2 | _base_ = [root + '/a.py']\n"
            "  |           ^^^^");
}

TEST(Bases, OfAPackageComeFromTheSearchPathThenFromAncestors) {
  const Folder folder{{"tree/configs/net/a.py", "where = 'ancestor'\nmodel = dict(type='Net', neck=dict(type='FPN'))\n"},
                      {"tree/projects/b.py", "_base_ = 'mmdet::net/a.py'\n"},
                      {"named/net/a.py", "where = 'named'\n"},
                      {"variable/net/a.py", "where = 'variable'\n"}};
  const auto file = folder / "tree/projects/b.py";
  EXPECT_EQ(repr(Config::from_file(file).root()),
            "{'where': 'ancestor', 'model': {'type': 'Net', 'neck': {'type': 'FPN'}, '_scope_': 'mmdet'}}");
  const Variable variable("DETFORGE_CONFIG_PATH", (folder / "nothing").string() + ":" + (folder / "variable").string());
  EXPECT_EQ(repr(Config::from_file(file).root()), "{'where': 'variable'}");
  LoadOptions options;
  options.config_path = {folder / "named"};
  EXPECT_EQ(repr(Config::from_file(file, options).root()), "{'where': 'named'}");
}

TEST(Bases, DeprecationIsAWarningOfTheFileThatSaysIt) {
  const Folder folder{{"a.py", "_deprecation_ = dict(expected='new.py', reference='https://x.org')\nx = 1\n"},
                      {"b.py", "_base_ = 'a.py'\nprint('hello', 1)\n"}};
  for (const Dialect dialect : kBoth) {
    const Config config = Config::from_file(folder / "b.py", by(dialect));
    EXPECT_EQ(repr(config.root()), "{'x': 1}");
    std::vector<std::string> warnings = config.warnings();
    std::sort(warnings.begin(), warnings.end());
    ASSERT_EQ(warnings.size(), 2U);
    EXPECT_EQ(warnings[0], (folder / "a.py").string() + " is deprecated; use new.py; see https://x.org");
    EXPECT_EQ(warnings[1], "printed by " + (folder / "b.py").string() + ": hello 1");
  }
}

TEST(Bases, TextIsThatOfAllFiles) {
  const Folder folder{{"a.py", "x = 1\n"}, {"b.py", "_base_ = 'a.py'\n"}};
  const Config config = Config::from_file(folder / "b.py");
  EXPECT_EQ(config.filename(), (folder / "b.py").string());
  EXPECT_EQ(config.text(), (folder / "a.py").string() + "\nx = 1\n\n" + (folder / "b.py").string() + "\n_base_ = 'a.py'\n");
}

TEST(BasesErrors, NameEveryFileOfTheChain) {
  const Folder folder{{"a.py", "x = 1 / 0\n"}, {"b.py", "_base_ = 'a.py'\n"}, {"c.py", "y = 1\n_base_ = [\n    'b.py',\n]\n"}};
  for (const Dialect dialect : kBoth) {
    EXPECT_EQ(error_of(folder, "c.py", dialect),
              "error: division by zero\n"
              " --> a.py:1:5\n"
              "  |\n"
              "1 | x = 1 / 0\n"
              "  |     ^^^^^\n"
              "  = note: inherited by b.py:1:10\n"
              "  = note: inherited by c.py:3:5");
  }
}

TEST(BasesErrors, OfAMissingBase) {
  const Folder folder{{"mine/a.py", "_base_ = ['../nothere.py']\n"}};
  for (const Dialect dialect : kBoth) {
    EXPECT_EQ(error_of(folder, "mine/a.py", dialect),
              "error: there is no base '../nothere.py'\n"
              " --> mine/a.py:1:11\n"
              "  |\n"
              "1 | _base_ = ['../nothere.py']\n"
              "  |           ^^^^^^^^^^^^^^^\n"
              "  = note: looked for nothere.py");
  }
}

TEST(BasesErrors, OfACycle) {
  const Folder folder{{"a.py", "_base_ = 'b.py'\n"}, {"b.py", "_base_ = './a.py'\n"}, {"self.py", "_base_ = 'self.py'\n"}};
  for (const Dialect dialect : kBoth) {
    EXPECT_EQ(error_of(folder, "a.py", dialect),
              "error: 'a.py' inherits itself\n"
              " --> b.py:1:10\n"
              "  |\n"
              "1 | _base_ = './a.py'\n"
              "  |          ^^^^^^^^\n"
              "  = note: inherited by a.py:1:10");
    EXPECT_EQ(error_of(folder, "self.py", dialect),
              "error: 'self.py' inherits itself\n"
              " --> self.py:1:10\n"
              "  |\n"
              "1 | _base_ = 'self.py'\n"
              "  |          ^^^^^^^^^");
  }
}

TEST(BasesErrors, OfAKeyInTwoBases) {
  const Folder folder{{"a.py", "x = 1\ny = 2\n"}, {"b.py", "y = 3\n"}, {"c.py", "_base_ = ['a.py', 'b.py']\n"}};
  for (const Dialect dialect : kBoth) {
    EXPECT_EQ(error_of(folder, "c.py", dialect),
              "error: two bases define 'y'\n"
              " --> c.py:1:19\n"
              "  |\n"
              "1 | _base_ = ['a.py', 'b.py']\n"
              "  |                   ^^^^^^\n"
              "  = note: first in a.py:2:5\n"
              "  = note: again in b.py:1:5");
  }
}

TEST(BasesErrors, OfWhatNamesNoFile) {
  const Folder folder{
      {"none.py", "_base_ = None\n"}, {"tuple.py", "_base_ = ('a.py', 'b.py')\n"}, {"text.py", "_base_ = 'a.txt'\n"}, {"a.txt", ""}};
  for (const Dialect dialect : kBoth) {
    EXPECT_EQ(error_of(folder, "none.py", dialect),
              "error: '_base_' names files, got NoneType None\n"
              " --> none.py:1:10\n"
              "  |\n"
              "1 | _base_ = None\n"
              "  |          ^^^^\n"
              "  = help: write a str or a list of strs");
    EXPECT_EQ(error_of(folder, "tuple.py", dialect),
              "error: '_base_' names files, got tuple ('a.py', 'b.py')\n"
              " --> tuple.py:1:10\n"
              "  |\n"
              "1 | _base_ = ('a.py', 'b.py')\n"
              "  |          ^^^^^^^^^^^^^^^^\n"
              "  = help: write a str or a list of strs");
    EXPECT_EQ(error_of(folder, "text.py", dialect),
              "error: 'a.txt' is no config: the name of one ends in .py, .json, .yaml or .yml\n"
              " --> text.py:1:10\n"
              "  |\n"
              "1 | _base_ = 'a.txt'\n"
              "  |          ^^^^^^^");
  }
}

TEST(BasesErrors, OfAPackageWithoutConfigs) {
  const Folder folder{{"configs/a.py", "_base_ = 'mmpretrain::_base_/a.py'\n"},
                      {"configs/b.py", "_base_ = 'mmdet::net/none.py'\n"},
                      {"configs/c.py", "_base_ = 'mmdet::none.py'\n"}};
  EXPECT_EQ(error_of(folder, "configs/a.py"),
            "error: the package 'mmpretrain' has no configs here\n"
            " --> configs/a.py:1:10\n"
            "  |\n"
            "1 | _base_ = 'mmpretrain::_base_/a.py'\n"
            "  |          ^^^^^^^^^^^^^^^^^^^^^^^^^\n"
            "  = help: only 'mmdet::' bases are found");
  EXPECT_EQ(error_of(folder, "configs/b.py"),
            "error: there is no base 'mmdet::net/none.py'\n"
            " --> configs/b.py:1:10\n"
            "  |\n"
            "1 | _base_ = 'mmdet::net/none.py'\n"
            "  |          ^^^^^^^^^^^^^^^^^^^^\n"
            "  = note: not in configs\n"
            "  = help: name the folder that holds MMDetection's configs by --config-path or DETFORGE_CONFIG_PATH");
  EXPECT_EQ(error_of(folder, "configs/c.py"),
            "error: 'mmdet::none.py' is no base of a package\n"
            " --> configs/c.py:1:10\n"
            "  |\n"
            "1 | _base_ = 'mmdet::none.py'\n"
            "  |          ^^^^^^^^^^^^^^^^\n"
            "  = help: such a base reads 'mmdet::folder/file.py'");
}

TEST(BasesErrors, OfBaseVariables) {
  const Folder folder{{"a.py", "x = dict(y=1)\nsizes = 2\n"},
                      {"missing.py", "_base_ = 'a.py'\nz = [{{ _base_.x.q }}]\n"},
                      {"quoted.py", "_base_ = 'a.py'\nz = \"{{ _base_.x }}\"\n"},
                      {"joined.py", "_base_ = 'a.py'\nz = {{ _base_.x }} + 'b'\n"},
                      {"as_key.py", "_base_ = 'a.py'\nz = { {{ _base_.x }}: 1 }\n"},
                      {"attribute.py", "_base_ = 'a.py'\nz = _base_.size\n"}};
  for (const Dialect dialect : kBoth) {
    EXPECT_EQ(error_of(folder, "missing.py", dialect),
              "error: the bases have no 'x.q'\n"
              " --> missing.py:2:6\n"
              "  |\n"
              "2 | z = [{{ _base_.x.q }}]\n"
              "  |      ^^^^^^^^^^^^^^^^");
    EXPECT_EQ(error_of(folder, "joined.py", dialect),
              "error: '{{ _base_.… }}' stands for a value as a whole: it is no key and no part of a text\n"
              " --> joined.py:2:5\n"
              "  |\n"
              "2 | z = {{ _base_.x }} + 'b'\n"
              "  |     ^^^^^^^^^^^^^^^^^^^^\n"
              "  = help: with mmengine's rules an expression may say _base_.x");
    EXPECT_EQ(error_of(folder, "as_key.py", dialect),
              "error: '{{ _base_.… }}' stands for a value as a whole: it is no key and no part of a text\n"
              " --> as_key.py:2:7\n"
              "  |\n"
              "2 | z = { {{ _base_.x }}: 1 }\n"
              "  |       ^^^^^^^^^^^^^^\n"
              "  = help: with mmengine's rules an expression may say _base_.x");
  }
  EXPECT_EQ(error_of(folder, "quoted.py"),
            "error: '{{ _base_.… }}' in double quotes ends the text around it; leave the quotes out\n"
            " --> quoted.py:2:6\n"
            "  |\n"
            "2 | z = \"{{ _base_.x }}\"\n"
            "  |      ^^^^^^^^^^^^^^\n"
            "  = note: this is so after '{{ … }}' was replaced");
  EXPECT_EQ(error_of(folder, "attribute.py"),
            "error: a ConfigDict has no 'size'; did you mean 'sizes'?\n"
            " --> attribute.py:2:12\n"
            "  |\n"
            "2 | z = _base_.size\n"
            "  |            ^^^^");
}

TEST(BasesErrors, OfAnEnvironmentVariableWithoutValue) {
  // Behind another template: the place is one of the file while replacing is under way.
  const Folder folder{{"a.py", "y = '{{ fileBasename }}'\nx = '{{$DETFORGE_UNSET:}}'\n"}};
  EXPECT_EQ(error_of(folder, "a.py", Dialect::Mmengine),
            "error: the environment variable 'DETFORGE_UNSET' is not set and has no default\n"
            " --> a.py:2:6\n"
            "  |\n"
            "2 | x = '{{$DETFORGE_UNSET:}}'\n"
            "  |      ^^^^^^^^^^^^^^^^^^^^\n"
            "  = help: set it, or write {{ $DETFORGE_UNSET:default }}");
}

TEST(BasesErrors, OfReservedNames) {
  const Folder folder{{"a.py", "filename = 'x'\n"}, {"b.py", "env_variables = 1\n"}};
  for (const Dialect dialect : kBoth) {
    EXPECT_EQ(error_of(folder, "a.py", dialect),
              "error: 'filename' is a name that every config has of its own\n"
              " --> a.py:1:12\n"
              "  |\n"
              "1 | filename = 'x'\n"
              "  |            ^^^\n"
              "  = help: choose another name");
  }
  EXPECT_EQ(error_of(folder, "b.py", Dialect::Mmcv), "no error: {'env_variables': 1}");
  EXPECT_EQ(error_of(folder, "b.py"), "no error: {'env_variables': 1}");
}

TEST(BasesErrors, OfBytesThatAreNoText) {
  const Folder folder{{"a.py", "x = 1\ny = '\xFF'\n"}, {"b.py", std::string("x = 1\0\n", 7)}};
  EXPECT_TRUE(error_of(folder, "a.py").starts_with("error: the file is not UTF-8\n --> a.py:2:6\n"));
  EXPECT_TRUE(error_of(folder, "b.py").starts_with("error: a null byte in the file\n --> b.py:1:6\n"));
}

TEST(BasesLimits, TooLongAChain) {
  const Folder folder;
  folder.write("0.py", "x = 1\n");
  for (std::size_t i = 1; i <= limits::kChainDepth; ++i) {
    folder.write(std::to_string(i) + ".py", "_base_ = '" + std::to_string(i - 1) + ".py'\n");
  }
  EXPECT_EQ(merged(folder, std::to_string(limits::kChainDepth - 1) + ".py"), "{'x': 1}");
  EXPECT_EQ(error_of(folder, std::to_string(limits::kChainDepth) + ".py").substr(0, 44), "error: the chain of bases is longer than 32\n");
}

TEST(BasesLimits, TooManyBases) {
  const Folder folder;
  folder.write("a.py", "");
  folder.write("b.py", "_base_ = ['a.py'] * " + std::to_string(limits::kChainFiles - 1) + "\n");
  folder.write("c.py", "_base_ = ['a.py'] * " + std::to_string(limits::kChainFiles) + "\n");
  EXPECT_EQ(merged(folder, "b.py"), "{}");
  EXPECT_EQ(error_of(folder, "c.py").substr(0, 46), "error: the config has more than 256 bases\n -->");
}

TEST(BasesLimits, TooLargeAFile) {
  const Folder folder;
  folder.write("a.py", std::string(limits::kFileBytes + 1, '\n'));
  EXPECT_EQ(error_of(folder, "a.py"), "error: 'a.py' is larger than the 4194304 bytes that are read at most\n  --> a.py");
}

}  // namespace
}  // namespace detforge
