#include "detforge/base/json_fault.h"

#include <gtest/gtest.h>

#include "detforge/base/error.h"
#include "detforge/base/json_document.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

using testing_support::Folder;

TEST(JsonFault, HasLineColumnAndReason) {
  const auto fault = find_json_fault("[{\"score\": 0.5},\n {\"score\": NaN}]");
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->line, 2U);
  EXPECT_EQ(fault->column, 12U);
  EXPECT_EQ(fault->reason, "NaN is no number in JSON");
}

TEST(JsonFault, NamesWhatPythonTakesForNumbersAndWhatNobodySees) {
  EXPECT_EQ(find_json_fault("[-Infinity]")->reason, "Infinity is no number in JSON");
  EXPECT_EQ(find_json_fault("[nano]")->reason, "syntax error while parsing value - invalid literal");
  EXPECT_EQ(find_json_fault("[1,\xC2\xA0 2]")->reason, "U+00A0, a no-break space, stands outside of a text");
  EXPECT_EQ(find_json_fault("[1\xE2\x80\x8B]")->reason, "U+200B, a zero-width space, stands outside of a text");
}

TEST(JsonFault, SaysWhatWasExpected) {
  const auto fault = find_json_fault("[1 2]");
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->column, 4U);
  EXPECT_EQ(fault->reason, "syntax error while parsing array - unexpected number literal; expected ']'");
}

TEST(JsonFault, OfATruncatedTextIsAtItsEnd) {
  const auto fault = find_json_fault("{\"images\": [\n{\"id\": 1}");
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->line, 2U);
  EXPECT_EQ(fault->column, 10U);
  EXPECT_EQ(fault->reason, "syntax error while parsing array - unexpected end of input; expected ']'");
}

TEST(JsonFault, DoesNotRepeatWhatWasRead) {
  const auto fault = find_json_fault("[\"" + std::string(10000, 'x'));
  ASSERT_TRUE(fault.has_value());
  EXPECT_LT(fault->reason.size(), 120U) << fault->reason;
}

TEST(JsonFault, OfAHugeNumberIsNamed) {
  const auto fault = find_json_fault("[1e400]");
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->reason, "number overflow parsing '1e400'");
}

TEST(JsonFault, IsNoneWhereAllIsWell) { EXPECT_FALSE(find_json_fault(R"({"a": [1, 2.5, null, "x", true]})").has_value()); }

TEST(JsonDocument, NamesThePlaceInAFile) {
  const Folder folder{{"results.json", "[{\"score\": 0.5},\n {\"score\": NaN}]"}, {"empty.json", ""}};
  const auto error_of = [&](const std::string& name) {
    try {
      JsonDocument::read(folder / name);
    } catch (const Error& error) {
      return error.diagnostics().front().message + " @ " + error.diagnostics().front().place.substr(folder.path().string().size() + 1);
    }
    return std::string("no error");
  };
  EXPECT_EQ(error_of("results.json"), "the file is no valid JSON: NaN is no number in JSON @ results.json:2:12");
  EXPECT_EQ(error_of("empty.json"), "the file is empty @ empty.json");
  EXPECT_EQ(error_of("nowhere.json"), "can not open the file: No such file or directory @ nowhere.json");
}

TEST(JsonDocument, PassesOverAByteOrderMarkAndNamesOtherEncodings) {
  using namespace std::string_literals;
  const Folder folder{{"bom.json", "\xEF\xBB\xBF[7]"}, {"le.json", "\xFF\xFE[\0001\0]\0"s}, {"bare.json", "[\0001\0]\0"s}};
  EXPECT_EQ(JsonDocument::read(folder / "bom.json").root().elements()[0].integer(), 7);
  EXPECT_EQ(JsonDocument::parse("\xEF\xBB\xBF[7]", "a").root().size(), 1U);
  for (const char* name : {"le.json", "bare.json"}) {
    try {
      JsonDocument::read(folder / name);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), "the file is UTF-16, not UTF-8");
    }
  }
  try {
    JsonDocument::parse("[\"\xC2\xDD\xCB\xBF\"]", "gbk");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(),
              "the file is no valid JSON: syntax error while parsing value - invalid string: ill-formed UTF-8 byte; the file is in another "
              "encoding");
  }
}

}  // namespace
}  // namespace detforge
