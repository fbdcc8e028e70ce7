#include "detforge/base/error.h"

#include <gtest/gtest.h>

namespace detforge {
namespace {

TEST(Error, ShowsThePlaceWithACaretThenNotesAndHelp) {
  const auto source = std::make_shared<const Source>(Source{"configs/mine/retina.py", "a = 1\nneck = dict(\n        out_chanels=256,\n"});
  const Error error = Error("FPN has no argument 'out_chanels'; did you mean 'out_channels'?")
                          .at(SourceRange{source, 3, 9, 11})
                          .note("model.neck")
                          .help("detforge registry show FPN lists its arguments");
  EXPECT_STREQ(error.what(),
               "error: FPN has no argument 'out_chanels'; did you mean 'out_channels'?\n"
               " --> configs/mine/retina.py:3:9\n"
               "  |\n"
               "3 |         out_chanels=256,\n"
               "  |         ^^^^^^^^^^^\n"
               "  = note: model.neck\n"
               "  = help: detforge registry show FPN lists its arguments");
}

TEST(Error, CountsCodePointsForTheCaretAndHidesControlCharacters) {
  const auto source = std::make_shared<const Source>(Source{"a.py", "\xC3\xA9\x1B = x"});
  EXPECT_STREQ(Error("bad").at(SourceRange{source, 1, 7, 1}).what(), "error: bad\n --> a.py:1:7\n  |\n1 | \xC3\xA9? = x\n  |      ^");
}

TEST(Error, KeepsTheInnermostPlace) { EXPECT_STREQ(Error("bad").at("a.json").at("b.json").what(), "error: bad\n  --> a.json"); }

TEST(NearestName, SuggestsOnlyWhatIsWithinAThirdOfTheLength) {
  const std::vector<std::string> names{"out_channels", "num_outs", "in_channels"};
  EXPECT_EQ(nearest_name("out_chanels", names), "out_channels");
  EXPECT_EQ(nearest_name("nmu_outs", names), "num_outs");
  EXPECT_EQ(nearest_name("depth", names), "");
  EXPECT_EQ(did_you_mean("x", names), "");
}

}  // namespace
}  // namespace detforge
