#include "asl/value/plain_text.h"

#include <gtest/gtest.h>

#include <string>

namespace perdure::asl {
namespace {

// Wherever in a text of any length a character stands that is not plain, it is found.
TEST(PlainText, EndsAtTheFirstCharacterThatIsNotPlain) {
  for (size_t length = 0; length <= 40; ++length) {
    const std::string plain(length, 'a');
    EXPECT_EQ(skip_plain(plain.data(), plain.data() + length), plain.data() + length);
    for (size_t at = 0; at < length; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text = plain;
        text[at] = static_cast<char>(c);
        const bool ends = c < 0x20 || c >= 0x80 || c == '"' || c == '\\';
        const char* const expected = text.data() + (ends ? at : length);
        ASSERT_EQ(skip_plain(text.data(), text.data() + length), expected)
            << length << " " << at << " " << c;
      }
    }
  }
}

TEST(PlainText, TheFirstOfSeveralCounts) {
  std::string text(33, 'a');
  text[5] = '"';
  text[6] = '!';  // one above a quote's neighbour: the borrow of the words' subtraction
  text[7] = '\\';
  EXPECT_EQ(skip_plain(text.data(), text.data() + text.size()), text.data() + 5);
  EXPECT_EQ(skip_plain(text.data() + 6, text.data() + 14), text.data() + 7);
  EXPECT_EQ(skip_plain(text.data() + 8, text.data() + text.size()), text.data() + text.size());
}

}  // namespace
}  // namespace perdure::asl
