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
  EXPECT_EQ(fault->reason, "syntax error while parsing value - invalid literal");
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
  EXPECT_EQ(error_of("results.json"), "the file is no valid JSON: syntax error while parsing value - invalid literal @ results.json:2:12");
  EXPECT_EQ(error_of("empty.json"), "the file is empty @ empty.json");
  EXPECT_EQ(error_of("nowhere.json"), "can not open the file: No such file or directory @ nowhere.json");
}

}  // namespace
}  // namespace detforge
