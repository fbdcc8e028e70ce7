#include "detforge/checkpoint/raw_unicode_escape.h"

#include <gtest/gtest.h>

#include "detforge/base/error.h"

namespace detforge {
namespace {

TEST(RawUnicodeEscape, DecodesAsPythonDoes) {
  EXPECT_EQ(decode_raw_unicode_escape("plain"), "plain");
  EXPECT_EQ(decode_raw_unicode_escape("\\u0041\\u00e9\\U0001F600"), "A\u00e9\U0001F600");
  EXPECT_EQ(decode_raw_unicode_escape("\xE9\x80"), "\u00e9\u0080") << "bytes are Latin-1";
  EXPECT_EQ(decode_raw_unicode_escape(R"(\\u0041 \n \)"), R"(\\u0041 \n \)") << "no other escapes, and none after an escaped backslash";
  EXPECT_EQ(decode_raw_unicode_escape("\\u0000"), std::string(1, '\0'));
}

TEST(RawUnicodeEscape, RefusesDamagedEscapes) {
  for (const char* text : {"\\u", "\\u004", "\\u00g1", "\\U0000004", "\\U00110000", "\\u+041"})
    EXPECT_THROW(decode_raw_unicode_escape(text), Error) << text;
}

}  // namespace
}  // namespace detforge
